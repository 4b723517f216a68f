// Raw values of keys that move, as a recipe has them: what a drag or a double-click makes of them. Pure functions.

const isTable = (raw) => raw !== null && typeof raw === "object" && !Array.isArray(raw);
const RESERVED = ["ease", "repeat"];
const round = (value, digits) => Number(value.toPrecision(digits));

/** Which beat or bar a time is, from 0; between two of them a broken number. */
function numberAt(time, times) {
  if (times.length < 2) return 0;
  let index = times.findLastIndex((each) => each <= time + 1e-6);
  if (index < 0) return (time - times[0]) / (times[1] - times[0]);
  index = Math.min(index, times.length - 2);
  return index + (time - times[index]) / (times[index + 1] - times[index]);
}

/** A frame as a keyframe's time, counted in `unit`; `clock` has the rate and the beats and bars in frames. */
export function spell(frame, unit, clock) {
  if (unit === "beat" && clock.beats.length > 1) return `${round(Math.max(0, numberAt(frame, clock.beats)), 6)}beats`;
  if (unit === "bar" && clock.bars.length > 1) return `${round(Math.max(0, numberAt(frame, clock.bars)), 6)}bars`;
  if (unit === "frame") return String(Math.max(0, Math.round(frame)));
  return `${Number(Math.max(0, frame / clock.fps).toFixed(3))}s`;
}

/** A number as it is written: five digits. */
export const spellValue = (value) => round(value, 5);

const valueOf = (entry) => (isTable(entry) && "value" in entry ? entry.value : entry);
const withValue = (entry, value) => (isTable(entry) && "value" in entry ? { ...entry, value } : value);

/** A keyframe at another time, with another value; null where another one is there. */
export function moveKey(raw, at, time, value) {
  if (time !== at && time in raw) return null;
  const entries = Object.entries(raw).map(([key, entry]) => (key === at ? [time, value === undefined ? entry : withValue(entry, value)] : [key, entry]));
  return Object.fromEntries(entries);
}

/** One keyframe more; a constant becomes keyframes, from what it was to the new one. */
export function addKey(raw, time, value) {
  if (isTable(raw)) return time in raw ? { ...raw, [time]: withValue(raw[time], value) } : { ...raw, [time]: value };
  const start = "0";
  return time === start || time === "0s" ? { [time]: value } : { [start]: raw, [time]: value, ease: "smooth" };
}

/** One keyframe less; the last one leaves a constant. */
export function dropKey(raw, at) {
  const { [at]: _, ...rest } = raw;
  const left = Object.keys(rest).filter((key) => !RESERVED.includes(key));
  if (!left.length) return valueOf(raw[at]);
  return left.length === 1 ? valueOf(rest[left[0]]) : rest;
}

/** How a value leaves one keyframe. */
export function easeKey(raw, at, ease) {
  return { ...raw, [at]: { value: valueOf(raw[at]), ease } };
}

/** A key's whole value with a part of it changed; a point that is none yet begins in the middle. */
export function putIn(whole, path, raw) {
  if (!path.length) return raw;
  const [first, ...rest] = path;
  if (Number.isInteger(first)) {
    const list = Array.isArray(whole) ? [...whole] : [0.5, 0.5];
    list[first] = putIn(list[first], rest, raw);
    return list;
  }
  return { ...whole, [first]: putIn(whole?.[first], rest, raw) };
}

/** What of a key's whole value is at a path. */
export const takeFrom = (whole, path) => path.reduce((value, part) => value?.[part], whole);

/** A text as a raw value: a number where it is one, else a formula. */
export function readText(text) {
  const trimmed = text.trim();
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

/** A raw value in a field: a number or a formula; keyframes have none. */
export const textOf = (raw) => (isTable(raw) || raw === null || raw === undefined ? "" : String(raw));
