// Times and values in words, for the ruler, for lanes and for screen readers.

/** Seconds as the ruler shows them, as fine as its steps are: "1:05", "1:05.2". */
export function words(seconds, step = 1) {
  const digits = step < 1 ? 1 : 0;
  const scale = 10 ** digits;
  const whole = Math.round(seconds * scale);
  const [minutes, rest] = [Math.floor(whole / (60 * scale)), whole % (60 * scale)];
  const second = (rest / scale).toFixed(digits).padStart(digits ? 4 : 2, "0");
  return minutes >= 60 ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${second}` : `${minutes}:${second}`;
}

/** A value as lanes show it: four digits. */
export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  return String(Number(Number(value).toPrecision(4)));
}

/** What a lane is called: its key without the table, and the rest of its path. */
export function titleOf(lane) {
  const [, ...rest] = lane.name.split(".");
  return rest.join(".");
}
