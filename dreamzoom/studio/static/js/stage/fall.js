// The point that the camera falls into: a click on the picture sets it, a drag or the arrow keys move it.
import { signal } from "@preact/signals";
import { html } from "../html.js";
import { bind } from "../keys.js";
import { item, panel } from "../state.js";
import { plays } from "./show.js";

export const aim = signal(null); // {x, y} as fractions of the picture, while it is set
export const aiming = signal(false); // whether the arrow keys move it
const STEP = 0.01;

let listener = () => {};

/** Call a function with the point, each time it was set. */
export function whenAimed(react) {
  listener = react;
}

const within = (value) => Math.round(1000 * Math.min(1, Math.max(0, value))) / 1000;

/** Set the point. */
export function aimAt(x, y) {
  aim.value = { x: within(x), y: within(y) };
  listener(aim.value.x, aim.value.y);
}

/** What a pointer does on the picture: press sets the point, dragging moves it. */
export function pointing(element) {
  const set = (event) => {
    const box = element().getBoundingClientRect();
    aim.value = { x: within((event.clientX - box.left) / box.width), y: within((event.clientY - box.top) / box.height) };
  };
  return {
    onPointerDown: (event) => {
      if (event.button || !plays(item.value)) return;
      element().setPointerCapture(event.pointerId);
      set(event);
    },
    onPointerMove: (event) => { if (element().hasPointerCapture(event.pointerId)) set(event); },
    onPointerUp: (event) => {
      if (!element().hasPointerCapture(event.pointerId)) return;
      set(event);
      aimAt(aim.value.x, aim.value.y);
      if (panel.value !== "direct") panel.value = "direct";
    },
    onPointerCancel: () => { aim.value = null; },
  };
}

/** T: the arrow keys move the point, Enter keeps it, Escape leaves it as it was. */
export function aimingKeys(event) {
  if (!aiming.value) return;
  const far = event.shiftKey ? 10 : 1;
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const move = moves[event.key];
  if (move) {
    const { x, y } = aim.value ?? { x: 0.5, y: 0.5 };
    aim.value = { x: within(x + move[0] * STEP * far), y: within(y + move[1] * STEP * far) };
  } else if (event.key === "Enter") {
    aimAt(aim.value.x, aim.value.y);
    aiming.value = false;
    panel.value = "direct";
  } else if (event.key === "Escape") aiming.value = false;
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Bind the key that begins to aim. */
export function bindAim() {
  bind("t", "aim where to fall: then the arrow keys, Enter", () => {
    if (!plays(item.value)) return false;
    aiming.value = true;
    aim.value = aim.value ?? { x: 0.5, y: 0.5 };
    document.querySelector(".picture")?.focus();
    return true;
  }, "The picture");
}

export function Cross() {
  const point = aim.value;
  if (!point) return null;
  return html`<div class=${`cross ${aiming.value ? "is-aiming" : ""}`}
    style=${{ left: `${100 * point.x}%`, top: `${100 * point.y}%` }} aria-hidden="true"></div>`;
}
