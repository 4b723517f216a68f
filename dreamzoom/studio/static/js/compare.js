// Two pictures on the stage, one playhead: side by side, wiped by a divider, or their difference. The stage shows
// `<${Compare} />` over its picture; without a clip to compare with it is nothing.
import { computed, effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { frameUrl, get } from "./api.js";
import { html } from "./html.js";
import { bind } from "./keys.js";
import { chosen, compared, compareMode, follows, item, items, playhead, speed, tell } from "./state.js";

export const MODES = [["side", "Side by side"], ["wipe", "Wipe"], ["difference", "Difference"]];
export const gain = signal(1); // how many times a difference is amplified
export const figures = signal(null); // {mean, share}: of the two pictures at the playhead
const divider = signal(0.5); // where the wipe is, in fractions of the picture's width

/** The one beside the chosen one; null where the chosen one has no frames to compare: a picture, a song. */
export const other = computed(() => {
  if (compared.value === chosen.value || !(item.value?.frames_done > 0)) return null;
  return items.value.get(compared.value) ?? null;
});

let before = null;
effect(() => { // who turns to something else altogether compares no longer
  const now = item.value;
  const isOther = before && now && now.id !== before.id && (now.family ?? now.id) !== (before.family ?? before.id);
  if (isOther && compared.peek() !== before.id) compared.value = null;
  before = now ?? before;
});

/** The other's frame that is shown with a frame of the chosen one: at the same time. */
export function frameBeside(frame, one, two) {
  const same = Math.round((frame * (two.fps ?? 1)) / (one.fps ?? two.fps ?? 1));
  return Math.max(0, Math.min(same, (two.frames_done ?? 1) - 1));
}

/** What can be compared with the chosen one: takes of its family first. */
export function candidates() {
  const one = item.value;
  if (!one) return [];
  const seen = [...items.value.values()].filter((each) => each.id !== one.id && each.frames_done > 0);
  const isKin = (each) => Number(each.family !== undefined && each.family === one.family);
  return seen.sort((a, b) => isKin(b) - isKin(a) || a.name.localeCompare(b.name));
}

/** Open the comparison, or close it. */
export function toggle() {
  if (other.value) {
    compared.value = null;
    return;
  }
  const first = items.value.get(compared.value) ?? candidates()[0];
  if (!item.value?.frames_done || !first) tell("There is nothing to compare with yet: make another take, or another clip.");
  else compared.value = first.id;
}

export function setMode(mode) {
  if (!other.value) toggle();
  compareMode.value = mode;
}

/** The two change places; the playhead stays. */
export function swap() {
  if (!other.value) return;
  const [one, two] = [chosen.value, compared.value];
  follows.value = false;
  playhead.value = frameBeside(playhead.value, item.value, other.value);
  chosen.value = two;
  compared.value = one;
}

bind("c", "Compare with another take, or stop comparing", toggle);
bind("w", "Compare: wipe", () => setMode("wipe"));
bind("d", "Compare: difference", () => setMode("difference"));
bind("x", "Compare: swap the two", swap);

const KEPT = 48; // pictures
const cache = new Map(); // address → promise of a picture

function load(address) {
  const found = cache.get(address);
  const promise = found ?? new Promise((done) => {
    const picture = new Image();
    picture.onload = () => done(picture);
    picture.onerror = () => { cache.delete(address); done(null); };
    picture.src = address;
  });
  cache.delete(address);
  cache.set(address, promise); // the newest is the last
  while (cache.size > KEPT) cache.delete(cache.keys().next().value);
  return promise;
}

const WIDTHS = [320, 640, 960, 1280, 1920];

/** The picture of a frame, as stored where it stands still, else only as large as it is shown. */
function pictureOf(facts, frame, width, exact) {
  const wide = exact ? undefined : WIDTHS.find((each) => each >= width);
  return load(frameUrl(facts.id, frame, wide && wide < facts.size[0] ? wide : 0));
}

const fit = (picture, box) => {
  const times = Math.min(box.width / picture.naturalWidth, box.height / picture.naturalHeight);
  const [width, height] = [picture.naturalWidth * times, picture.naturalHeight * times];
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height };
};

const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

/** Where on a picture another one stands whole and unstretched, in its middle, in fractions of it. */
function common(one, two) {
  const wider = (two.naturalWidth / two.naturalHeight) / (one.naturalWidth / one.naturalHeight);
  if (Math.abs(wider - 1) < 0.01) return WHOLE; // smaller ones of a shape are of whole pixels too
  const [width, height] = [Math.min(1, wider), Math.min(1, 1 / wider)];
  return { x: (1 - width) / 2, y: (1 - height) / 2, width, height };
}

/** A part of a box, which is given in fractions. */
const partOf = (box, { x, y, width, height }) => ({ x: box.x + box.width * x, y: box.y + box.height * y, width: box.width * width, height: box.height * height });

/** A part of a picture in pixels of that many. */
function pixels(picture, width, height, part = WHOLE) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const from = partOf({ x: 0, y: 0, width: picture.naturalWidth, height: picture.naturalHeight }, part);
  context.drawImage(picture, from.x, from.y, from.width, from.height, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** The difference of two pictures where both are, as a canvas, and its figures: mean of 255 levels, share of pixels that differ. */
function difference(one, two, widest, times) {
  const part = common(one, two);
  const all = Math.min(one.naturalWidth, widest);
  const width = Math.max(1, Math.round(all * part.width));
  const height = Math.max(1, Math.round(((all * one.naturalHeight) / one.naturalWidth) * part.height));
  const [a, b] = [pixels(one, width, height, part), pixels(two, width, height)];
  let [sum, unlike] = [0, 0];
  for (let at = 0; at < a.data.length; at += 4) {
    let most = 0;
    for (let part = at; part < at + 3; part += 1) {
      const apart = Math.abs(a.data[part] - b.data[part]);
      sum += apart;
      most = Math.max(most, apart);
      a.data[part] = Math.min(255, apart * times);
    }
    unlike += most > 0 ? 1 : 0;
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(a, 0, 0);
  const count = width * height;
  return { canvas, mean: sum / (3 * count), share: unlike / count };
}

/** Draw a picture in a box, as far as that lies between two places from left to right. */
function drawWithin(context, picture, { x, y, width, height }, from, to) {
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, context.canvas.height);
  context.clip();
  context.drawImage(picture, x, y, width, height);
  context.restore();
}

/** Draw both; where each stands, in fractions of the canvas. */
function draw(canvas, one, two, mode, at, times) {
  const context = canvas.getContext("2d");
  const whole = { x: 0, y: 0, width: canvas.width, height: canvas.height };
  context.clearRect(0, 0, whole.width, whole.height);
  if (mode === "side") {
    const beside = whole.width >= whole.height * 1.1;
    const half = beside ? { ...whole, width: whole.width / 2 - 2 } : { ...whole, height: whole.height / 2 - 2 };
    const next = beside ? { ...half, x: half.width + 4 } : { ...half, y: half.height + 4 };
    const [left, right] = [fit(one, half), fit(two, next)];
    context.drawImage(one, left.x, left.y, left.width, left.height);
    context.drawImage(two, right.x, right.y, right.width, right.height);
    return [left, right];
  }
  const box = fit(one, whole);
  const inside = partOf(box, common(one, two));
  if (mode === "difference") {
    context.drawImage(difference(one, two, 960, times).canvas, inside.x, inside.y, inside.width, inside.height);
    return [inside, inside];
  }
  drawWithin(context, one, box, 0, box.x + box.width * at);
  drawWithin(context, two, inside, box.x + box.width * at, whole.width);
  return [box, inside];
}

const places = signal(null); // where the two stand, in CSS pixels
const room = signal({ width: 0, height: 0 });
const ready = signal(null); // {one, two}: the pictures that are shown
let asked = 0;

/** Load the pictures of the playhead; exactly as stored once it stands still. */
async function fetchPair(one, two, frame, exact) {
  asked += 1;
  const ticket = asked;
  const width = room.value.width * devicePixelRatio / (compareMode.value === "side" ? 2 : 1);
  const facts = [[one, frame], [two, frameBeside(frame, one, two)]];
  const pair = await Promise.all(facts.map(([each, at]) => pictureOf(each, at, width, exact)));
  if (ticket !== asked || !pair[0] || !pair[1]) return;
  ready.value = { one: pair[0], two: pair[1], frame };
  if (exact) {
    const { mean, share } = difference(pair[0], pair[1], 480, 1);
    figures.value = { mean, share, frame };
  }
}

function dragged(event, canvas) {
  const box = places.value?.[0];
  if (!box || compareMode.value !== "wipe") return;
  const left = canvas.getBoundingClientRect().left + box.x;
  divider.value = Math.min(1, Math.max(0, (event.clientX - left) / box.width));
}

function Divider() {
  const box = places.value?.[0];
  if (!box) return null;
  const steps = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
  const press = (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    divider.value = Math.min(1, Math.max(0, divider.value + steps[event.key]));
  };
  const style = { left: `${box.x + box.width * divider.value}px`, top: `${box.y}px`, height: `${box.height}px` };
  return html`<div class="divider" role="slider" tabindex="0" aria-label="Divider" aria-orientation="horizontal"
    aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(divider.value * 100)} style=${style}
    onKeyDown=${press}></div>`;
}

function Label({ box, facts, end, children }) {
  if (!box) return null;
  const style = end ? { left: `${box.x + box.width}px`, top: `${box.y}px` } : { left: `${box.x}px`, top: `${box.y}px` };
  return html`<span class=${`label ${end ? "end" : ""}`} style=${style}>${children ?? facts.name}</span>`;
}

export function Compare() {
  const [one, two, mode] = [item.value, other.value, compareMode.value];
  const canvas = useRef(null);
  const frame = Math.min(playhead.value, Math.max(0, (one?.frames_done ?? 1) - 1));
  useEffect(() => {
    if (!canvas.current) return undefined;
    const box = canvas.current.parentElement;
    const watch = new ResizeObserver(() => { room.value = { width: box.clientWidth, height: box.clientHeight }; });
    watch.observe(box);
    return () => watch.disconnect();
  }, [two !== null]);
  const exact = mode === "difference";
  useEffect(() => {
    if (!one || !two || !room.value.width) return undefined;
    fetchPair(one, two, frame, exact && speed.value === 0);
    const still = setTimeout(() => fetchPair(one, two, frame, true), 200);
    return () => clearTimeout(still);
  }, [one?.id, two?.id, frame, mode, room.value.width, speed.value === 0, one?.frames_done > frame]);
  const { width, height } = room.value;
  useEffect(() => {
    if (!canvas.current || !ready.value || !width) return;
    const times = devicePixelRatio;
    Object.assign(canvas.current, { width: Math.round(width * times), height: Math.round(height * times) });
    const boxes = draw(canvas.current, ready.value.one, ready.value.two, mode, divider.value, gain.value);
    places.value = boxes.map((box) => Object.fromEntries(Object.entries(box).map(([key, value]) => [key, value / times])));
    canvas.current.dataset.frame = ready.value.frame; // for who waits until it is drawn
  }, [ready.value, mode, divider.value, gain.value, width, height]);
  useEffect(() => () => { ready.value = null; places.value = null; figures.value = null; }, [one?.id, two?.id]);
  if (!one || !two) return null;
  const drag = (event) => {
    if (compareMode.value !== "wipe" || event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    dragged(event, canvas.current);
  };
  const move = (event) => { if (event.currentTarget.hasPointerCapture(event.pointerId)) dragged(event, canvas.current); };
  return html`<div class=${`compare ${mode}`} onPointerDown=${drag} onPointerMove=${move}
    onClick=${(event) => event.stopPropagation()}>
    <canvas ref=${canvas} role="img" aria-label=${`${one.name} and ${two.name} at frame ${frame}`}></canvas>
    ${mode === "difference"
      ? html`<${Label} box=${places.value?.[0]}>Difference${gain.value > 1 ? `, ${gain.value} times` : ""}<//>`
      : html`<${Label} box=${places.value?.[0]} facts=${one} /><${Label} box=${places.value?.[1]} facts=${two} end=${mode === "wipe"} />`}
    ${mode === "wipe" && html`<${Divider} />`}
  </div>`;
}

/** The recipes' difference, from the server. */
export const recipesApart = (one, two) => get(`/api/compare?one=${one}&other=${two}`, { quiet: true });
