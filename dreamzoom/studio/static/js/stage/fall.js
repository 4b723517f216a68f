// The point that the camera falls into, as fractions of a frame: a click on the picture plans it, a drag or the arrow keys move it.
import { computed, effect, signal, untracked } from "@preact/signals";
import { get } from "../api.js";
import { valueOf } from "../form/base.js";
import { html } from "../html.js";
import { bind } from "../keys.js";
import { plan } from "../plan.js";
import { chosen, item, panel, playhead, speed } from "../state.js";

const STEP = 0.01; // of the picture, for an arrow key
const SHORT = 4; // pixels that a click may move

const aiming = signal(false); // whether the arrow keys move the point
const held = signal(null); // {x, y} while it is dragged or moved by keys
const present = signal(null); // {id, frame, point}: where the clip's camera falls now

/** Whether what is on the stage can be told where to fall: a clip, or the picture that a new one begins with. */
export const canFall = (facts) => facts?.kind === "clip" || (begins(facts) && share.value !== null);
const begins = (facts) => facts?.kind === "picture" && plan.of.value === null && plan.picture.value === facts.id;

/** Of a picture's width and height, how much a new clip's frames show, the rest is cut off evenly; null until that is known. */
const share = computed(() => {
  if (!begins(item.value)) return { x: 1, y: 1 };
  const [width, height] = String(valueOf("clip.size")).split("x").map(Number);
  const [own, high] = item.value.size ?? [];
  if (!(width && height && own && high)) return null;
  const narrower = (width / height) / (own / high);
  return { x: Math.min(1, narrower), y: Math.min(1, 1 / narrower) };
});
const toFrame = ({ x, y }) => ({ x: within(0.5 + (x - 0.5) / share.value.x), y: within(0.5 + (y - 0.5) / share.value.y) });
const toPicture = ({ x, y }) => ({ x: 0.5 + (x - 0.5) * share.value.x, y: 0.5 + (y - 0.5) * share.value.y });

/** The planned point of what is on the stage; of one that moves, where it comes to. */
const planned = computed(() => {
  const raw = plan.changes.value["camera.target"];
  const isMine = item.value?.kind === "clip" ? plan.of.value === item.value.id : begins(item.value);
  if (!isMine || !Array.isArray(raw) || raw.length !== 2) return null;
  const [x, y] = raw.map(lastValue);
  return Number.isFinite(x) && Number.isFinite(y) ? { x, y } : null;
});

function lastValue(track) {
  if (typeof track === "number") return track;
  if (typeof track !== "object" || track === null) return Number.NaN;
  const times = Object.keys(track).map(Number).filter(Number.isFinite);
  return Number(track[Math.max(...times)]);
}

let listener = () => {};

/** Call a function with the point, as fractions of the picture, when a person has set it. */
export function whenAimed(react) {
  listener = react;
}

const within = (value) => Math.round(1000 * Math.min(1, Math.max(0, value))) / 1000;

function plant({ x, y }) {
  held.value = null;
  panel.value = "direct";
  speed.value = 0;
  listener(x, y);
}

/** What a pointer does on the picture: a click plans the point, dragging moves it first. */
export function pointing(element) {
  let from = null;
  const point = (event) => {
    const box = element().getBoundingClientRect();
    return toFrame({ x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
  };
  const isDown = (event) => element().hasPointerCapture(event.pointerId);
  return {
    onPointerEnter: lookUp,
    onPointerDown: (event) => {
      if (event.button || !canFall(item.value)) return;
      element().setPointerCapture(event.pointerId);
      from = event;
      if (event.pointerType === "mouse") held.value = point(event);
    },
    onPointerMove: (event) => { if (isDown(event)) held.value = point(event); },
    onPointerUp: (event) => {
      if (!isDown(event)) return;
      const isClick = Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) < SHORT;
      plant(isClick || held.value === null ? point(event) : held.value);
    },
    onPointerCancel: () => { held.value = null; },
  };
}

/** Ask where the clip's camera falls at this frame. */
async function lookUp() {
  const [facts, frame] = [item.value, playhead.value];
  if (facts?.kind !== "clip" || speed.value !== 0 || (present.value?.id === facts.id && present.value.frame === frame)) return;
  present.value = { id: facts.id, frame, point: null };
  const told = await get(`/api/items/${facts.id}/recipe?frame=${frame}`, { quiet: true }).catch(() => null);
  const target = told?.now?.["camera.target"];
  if (Array.isArray(target) && facts.id === item.value?.id) {
    present.value = { id: facts.id, frame, point: { x: target[0], y: target[1] } };
  }
}

const presentPoint = () => (present.value?.id === item.value?.id ? present.value?.point : null);

/** After T: the arrow keys move the point, Enter plans it, Escape leaves it as it was. */
export function aimingKeys(event) {
  if (!aiming.value) return;
  const far = event.shiftKey ? 10 : 1;
  const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (move) {
    const { x, y } = held.value;
    held.value = { x: within(x + move[0] * STEP * far), y: within(y + move[1] * STEP * far) };
  } else if (event.key === "Enter") {
    plant(held.value);
    aiming.value = false;
  } else if (event.key === "Escape") stopAiming();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function stopAiming() {
  aiming.value = false;
  held.value = null;
}

/** Bind the key that begins to aim. */
export function bindAim() {
  effect(() => { if (chosen.value !== null) untracked(stopAiming); }); // a point that was not planned was of another picture
  bind("t", "aim where to fall: then the arrow keys, and Enter", () => {
    if (!canFall(item.value)) return false;
    lookUp();
    aiming.value = true;
    held.value = planned.value ?? presentPoint() ?? { x: 0.5, y: 0.5 };
    document.querySelector(".picture")?.focus();
    return true;
  }, "The picture");
}

/** The planned point, and paler the present one while a pointer is on the picture. */
export function Cross() {
  if (!canFall(item.value)) return null;
  const [point, now] = [held.value ?? planned.value, presentPoint()];
  const at = (place) => {
    const { x, y } = toPicture(place);
    return { left: `${100 * x}%`, top: `${100 * y}%` };
  };
  return html`
    ${now && html`<div class="cross is-present" style=${at(now)} aria-hidden="true"></div>`}
    ${point && html`<div class=${`cross ${aiming.value ? "is-aiming" : ""}`} style=${at(point)} aria-hidden="true"></div>`}
    ${aiming.value && html`<p class="hint" role="status">Arrow keys move it, Enter falls there, Escape leaves it.</p>`}`;
}
