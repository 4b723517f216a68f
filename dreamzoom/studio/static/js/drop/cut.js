// What was on its way when a page was left or ended: the next page tells of it. Notes lie in the browser, one a page;
// a note that nobody renews is of a page that ended without a word.
import { signal } from "@preact/signals";

export const cutOff = signal([]); // {key, name, size, sent} of files that did not come, for the person to see

const MARK = "dreamzoom-sending-";
const RENEWED = 1000; // milliseconds between two notes of a page that sends
const OLD = 15_000; // after which a note is nobody's: a page in the background may write seldom
const own = MARK + Math.random().toString(36).slice(2);

let latest = [];
let written = 0;
let isLeft = false; // whether the page is: what ends from then on was cut off

/** Note what is on its way; the browser may have no room for that, or forbid it. */
export function keepNotes(parcels) {
  if (isLeft) return undefined;
  latest = parcels.filter(({ state }) => state === "sending" || state === "waiting")
    .map(({ name, file, sent }) => ({ name, size: file.size, sent }));
  if (!latest.length) return written && forget(own);
  if (performance.now() - written < RENEWED) return undefined;
  return write(false);
}

function write(left) {
  written = performance.now() || 1;
  try {
    localStorage.setItem(own, JSON.stringify({ at: Date.now(), left, files: latest }));
  } catch { /* then the next page tells nothing */ }
}

function forget(key) {
  if (key === own) written = 0;
  try {
    localStorage.removeItem(key);
  } catch { /* the same */ }
}

/** Tell what pages before this one had not sent; of one that may still be at work after a while. */
export function tellCutOff() {
  addEventListener("pagehide", () => {
    isLeft = true;
    if (latest.length) write(true);
  });
  addEventListener("pageshow", () => { isLeft = false; });
  setInterval(() => { if (latest.length && !isLeft) write(false); }, OLD / 3);
  if (look()) setTimeout(look, OLD + RENEWED);
}

/** Take the notes of pages that are gone; whether there are others. */
function look() {
  let others = false;
  let keys = [];
  try {
    keys = Object.keys(localStorage).filter((key) => key.startsWith(MARK) && key !== own);
  } catch { /* forbidden */ }
  for (const key of keys) {
    const note = read(key);
    if (note && !note.left && Date.now() - note.at < OLD) others = true;
    else {
      forget(key);
      cutOff.value = [...cutOff.value, ...(note?.files ?? []).map((file, place) => ({ ...file, key: `${key} ${place}` }))];
    }
  }
  return others;
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}
