// Taps while the song plays, and where the song is: the stage's clock for clips, the song's own player for songs.
import { effect, signal } from "@preact/signals";
import { ask } from "../api.js";
import { plan } from "../plan.js";
import { songNow } from "../stage/clock.js";
import { tell } from "../state.js";
import { beats, facts, keepBeats } from "./source.js";

const ENDS = 2500; // milliseconds without a tap after which the taps are taken over

export const taps = signal([]); // seconds of the song, of those that are not taken over yet
let timer = 0;

/** The player of a song that is on the stage by itself. */
export const player = () => document.querySelector(".stage audio");

/** Where the song is now, in seconds; null while it stands still. */
export function songTime() {
  const own = facts.value?.kind === "song" ? player() : null;
  if (own) return own.paused ? null : own.currentTime;
  return songNow();
}

/** Do something to the song's beats; the file is written at once. */
export async function edit(body) {
  const map = beats.value;
  if (!map?.of) {
    tell("Its song does not lie in this folder: drop it on the page to edit its beats and sections.", true);
    return null;
  }
  try {
    const told = await ask(`/api/items/${map.of}/beats`, { method: "PUT", body, headers: { "If-Match": map.version } });
    keepBeats(told);
    isLatest = true;
    if (told.told) tell(`${told.song}: ${told.told}.`, false, body.do === "undo" ? null : () => edit({ do: "undo" }));
    return told;
  } catch {
    const now = await ask(`/api/items/${map.of}/beats`, { quiet: true }).catch(() => null);
    if (now && now.version !== map.version) keepBeats(now);
    return null;
  }
}

let isLatest = false; // whether beats or sections were changed last: a key that was changed later is not undone so
effect(() => {
  plan.changes.value;
  isLatest = false;
});

/** Take back the change of beats or sections that was the last thing done, or do it again. */
export function goBack(way) {
  if (!isLatest || !beats.value?.[way]) return false;
  edit({ do: way });
  return true;
}

/** A tap; `stamp` says when it was, as events do. */
export function tap(stamp = performance.now()) {
  if (!beats.value?.of) return false;
  const now = songTime();
  if (now === null) {
    tell("Play the song, and tap B on each beat.");
    return true;
  }
  taps.value = [...taps.value, Math.max(0, now - (performance.now() - stamp) / 1000)];
  clearTimeout(timer);
  timer = setTimeout(take, ENDS);
  return true;
}

/** The taps so far become beats. */
export async function take() {
  clearTimeout(timer);
  const tapped = taps.value;
  taps.value = [];
  if (tapped.length < 4) {
    if (tapped.length) tell(`${tapped.length} taps are too few: tap at least four beats.`);
    return;
  }
  await edit({ do: "taps", taps: tapped });
}

/** Forget the taps. */
export function forget() {
  clearTimeout(timer);
  taps.value = [];
}
