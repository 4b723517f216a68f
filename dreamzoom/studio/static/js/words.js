// Figures as people read them.

/** "3:25", "1:02:03". */
export function duration(seconds) {
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** How far a clip or a film is: "120 of 300 frames, 3:25 left". */
export function progress(facts) {
  if (facts.frames_total === undefined) return "";
  const left = facts.state === "running" && facts.eta_seconds ? `, ${duration(facts.eta_seconds)} left` : "";
  return `${facts.frames_done} of ${facts.frames_total} frames${left}`;
}

/** Where a frame is: "0:05.25", in hundredths of a second. */
export function clock(frame, fps) {
  const hundredths = Math.round((100 * frame) / fps);
  const whole = Math.floor(hundredths / 100);
  const minutes = Math.floor(whole / 60);
  const two = (value) => String(value).padStart(2, "0");
  return `${minutes}:${two(whole % 60)}.${two(hundredths % 100)}`;
}

/** The frame of a time that a person typed: "5", "5.5", "1:05.25". */
export function readClock(text, fps) {
  const seconds = text.trim().split(":").reduce((sum, part) => sum * 60 + Number(part.replace(",", ".")), 0);
  return Math.round(seconds * fps);
}

/** "2.1 s a frame", "8 frames a second". */
export function pace(seconds) {
  if (!seconds) return "";
  return seconds >= 1 ? `${seconds.toFixed(1)} s a frame` : `${(1 / seconds).toFixed(1)} frames a second`;
}

/** A state, in words. */
export function stateWords(facts) {
  return {
    running: "dreaming", waiting: "waiting", interrupted: "stopped", damaged: "damaged", done: "done", unexamined: "being checked",
  }[facts.state] ?? facts.state ?? "";
}

/** What an item is, in words. */
export function kindWords(kind) {
  return { lyrics: "words of a song", beats: "beats of a song", notes: "notes of a song" }[kind] ?? kind;
}

/** When something was, in seconds since 1970: "today at 14:03", "27 Nov at 14:03". */
export function moment(at) {
  const then = new Date(1000 * at);
  const day = then.toDateString() === new Date().toDateString() ? "today" : then.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: then.getFullYear() === new Date().getFullYear() ? undefined : "numeric" });
  return `${day} at ${String(then.getHours()).padStart(2, "0")}:${String(then.getMinutes()).padStart(2, "0")}`;
}

/** How large a file is: "12 MB", "40 bytes"; of a part "0.4 of 12 MB". */
export function size(bytes, part = null) {
  const [unit, name] = unitOf(bytes);
  return `${part === null ? "" : `${figure(part, unit)} of `}${figure(bytes, unit)} ${name}`;
}

function unitOf(bytes) {
  if (bytes < 1e3) return [1, bytes === 1 ? "byte" : "bytes"];
  if (bytes < 1e5) return [1e3, "kB"];
  return bytes < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
}
const figure = (bytes, unit) => (bytes / unit).toFixed(unit > 1 && bytes < 10 * unit ? 1 : 0);
