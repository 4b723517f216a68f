// Snapping: a time that is near to a beat, a bar, a section or the playhead is that.
import { signal } from "@preact/signals";
import { playhead } from "../state.js";
import { grid } from "./source.js";
import { rate, toX } from "./view.js";

const NEAR = 9; // CSS pixels

export const snaps = signal(localStorage.getItem("snap") !== "no");

export function toggleSnap() {
  snaps.value = !snaps.value;
  localStorage.setItem("snap", snaps.value ? "yes" : "no");
}

/** The time of an ascending list that is nearest to another one. */
export function nearest(times, time) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  const before = times[low - 1];
  return before !== undefined && time - before <= times[low] - time ? before : times[low];
}

/** A frame, or what it snaps to: {frame, unit}, the unit being "bar", "beat" or "" for none. */
export function snap(frame) {
  const { beats, bars, sections } = grid.value.own ?? grid.value; // a clip's own beats rule its keys
  return snapTo(frame, [[bars, "bar"], [beats, "beat"], [sections.map(({ first }) => first), "section"], [[playhead.value], ""]]);
}

/** A frame for an edge of sections, which goes by the beats that are shown. */
export const snapEdge = (frame) => snapTo(frame, [[grid.value.bars, "bar"], [grid.value.beats, "beat"], [[playhead.value], ""]]).frame;

function snapTo(frame, candidates) {
  if (!snaps.value) return { frame, unit: "" };
  let best = { frame: Math.round(frame), unit: "" };
  let distance = NEAR;
  for (const [times, unit] of candidates) {
    if (!times.length) continue;
    const time = nearest(times, frame);
    const away = Math.abs(toX(time) - toX(frame));
    if (away < distance - 0.01) [best, distance] = [{ frame: time, unit }, away];
  }
  return best;
}

/** The next beat in a direction; without beats, the next frame. */
export function nextBeat(frame, direction) {
  const { beats } = grid.value;
  if (!snaps.value || !beats.length) return frame + direction;
  const found = direction > 0 ? beats.find((beat) => beat > frame + 0.01) : beats.findLast((beat) => beat < frame - 0.01);
  return found ?? frame + direction;
}
