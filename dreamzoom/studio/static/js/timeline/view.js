// What of the time is to be seen: from a frame to a frame, over so many pixels. All axes go by it.
import { computed, signal } from "@preact/signals";

const SMALLEST = 8; // frames that fill the width at most
const BEYOND = 0.015; // of the length that is shown before the start and after the end

export const length = signal(1); // frames of what is shown
export const rate = signal(24); // frames a second
export const width = signal(0); // CSS pixels of the lanes
const wanted = signal(null); // [from, to] in frames; null shows all

export const view = computed(() => {
  const last = Math.max(1, length.value - 1);
  const [start, end] = [-last * BEYOND, last * (1 + BEYOND)];
  if (!wanted.value) return [start, end];
  const span = Math.min(Math.max(wanted.value[1] - wanted.value[0], SMALLEST), end - start);
  const from = Math.min(Math.max(start, wanted.value[0]), end - span);
  return [from, from + span];
});

/** From a frame to a pixel, and back. */
export const toX = (frame) => ((frame - view.value[0]) / (view.value[1] - view.value[0])) * width.value;
export const toFrame = (x) => view.value[0] + (x / Math.max(1, width.value)) * (view.value[1] - view.value[0]);

/** Zoom by a factor, around a pixel. */
export function zoom(factor, x = width.value / 2) {
  const [from, to] = view.value;
  const middle = toFrame(x);
  wanted.value = [middle - (middle - from) / factor, middle + (to - middle) / factor];
}

function pan(frames) {
  const [from, to] = view.value;
  wanted.value = [from + frames, to + frames];
}

export function fit() {
  wanted.value = null;
}

/** Turn the page where a frame is not to be seen. */
export function follow(frame) {
  const [from, to] = view.value;
  if (frame >= from && frame <= to) return;
  wanted.value = [frame - (to - from) * 0.05, frame + (to - from) * 0.95];
}

/** The wheel: zoom where the pointer is; with Shift, or sideways: pan. */
export function wheel(event, left) {
  const [from, to] = view.value;
  const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
  event.preventDefault();
  if (sideways) pan((sideways / Math.max(1, width.value)) * (to - from));
  else zoom(Math.exp(-event.deltaY / 400), event.clientX - left);
}
