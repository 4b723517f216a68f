// The lanes as they are planned: their changed values, and the curves that these would have.
import { computed, effect, signal, untracked } from "@preact/signals";
import { post } from "../api.js";
import { dropChange, plan, setChange } from "../plan.js";
import { curveKey } from "../state.js";
import { putIn, takeFrom } from "./keyframes.js";
import { facts, looked, lookOf, subject } from "./source.js";

const SETTLES = 40; // milliseconds between two requests of a curve that is dragged

export const dragged = signal(null); // {key, raw}: what a drag would make of a key, before it is let go
export const selected = signal(null); // {lane, at}: the keyframe that is chosen
const added = signal(new Map()); // id → names of lanes that a person has asked for
const hidden = signal(new Map()); // id → names of lanes that a person has put away
const drawn = signal(new Map()); // key → {text, lanes, fault}: curves of changed values

/** Whether what is changed here is planned: a film is directed by its scenes. */
export const editable = computed(() => Boolean(facts.value) && facts.value.kind !== "film" &&
  (facts.value.kind !== "clip" || plan.of.value === facts.value.of));

/** The raw value of a whole key as it is planned. */
function wholeOf(lane) {
  if (dragged.value?.key === lane.key) return dragged.value.raw;
  if (lane.key in plan.changes.value) return plan.changes.value[lane.key];
  return lane.path.length ? (facts.value.wholes[lane.key] ?? null) : lane.raw;
}

/** A lane as the plan has it: {base, now, fault, changed}. */
function planned(base) {
  const key = base.key;
  const isChanged = dragged.value?.key === key || key in plan.changes.value;
  if (isChanged) {
    const found = drawn.value.get(key);
    const now = found?.lanes?.find((lane) => lane.name === base.name);
    return { base, now: now ?? base, fault: found?.fault ?? "", changed: true };
  }
  const other = looked.value?.lanes.find((lane) => lane.name === base.name);
  const differs = other && JSON.stringify(other.raw) !== JSON.stringify(base.raw);
  return { base, now: differs ? other : base, fault: base.fault ?? "", changed: Boolean(differs) };
}

const moves = (lane) => ["keyframes", "expression", "music"].includes(lane.kind) || (lane.keys?.length ?? 0) > 1 || Boolean(lane.frames);

/** The lanes that are shown, in the recipe's order. */
export const lanes = computed(() => {
  const told = facts.value;
  if (!told) return [];
  const [more, less] = [added.value.get(told.of) ?? new Set(), hidden.value.get(told.of) ?? new Set()];
  const all = told.lanes.map(planned);
  const shown = all.filter(({ base, now, changed }) =>
    !less.has(base.name) && (more.has(base.name) || changed || moves(base) || moves(now)));
  return shown.length || !all.length ? shown : all.filter(({ base }) => base.name === "camera.zoom");
});

/** The keyframe that is chosen, and its lane, as far as it is there. */
export const chosenKey = computed(() => {
  const lane = lanes.value.find(({ base }) => base.name === selected.value?.lane);
  const key = (lane?.now.keys ?? []).find((each) => each.at === selected.value.at);
  return key ? { lane, key } : null;
});

/** The lanes that are not shown. */
export const others = computed(() => {
  const shown = new Set(lanes.value.map(({ base }) => base.name));
  return (facts.value?.lanes ?? []).filter(({ name }) => !shown.has(name));
});

function mark(kept, name, isIn) {
  const names = new Set(kept.value.get(facts.value.of) ?? []);
  if (isIn) names.add(name);
  else names.delete(name);
  kept.value = new Map(kept.value).set(facts.value.of, names);
}

export function show(name) {
  mark(added, name, true);
  mark(hidden, name, false);
}

/** Put a lane away; what was changed in it is as it was. */
export function putAway(lane) {
  if (lane.key in plan.changes.value) dropChange(lane.key);
  mark(added, lane.name, false);
  mark(hidden, lane.name, true);
  if (selected.value?.lane === lane.name) selected.value = null;
}

/** Change the raw value of a lane: only drawn while it is dragged, else planned. */
export function change(lane, raw, { isDragged = false } = {}) {
  const whole = putIn(wholeOf(lane), lane.path, raw);
  if (isDragged) dragged.value = { key: lane.key, raw: whole };
  else {
    dragged.value = null;
    setChange(lane.key, whole);
    mark(hidden, lane.name, false);
  }
}

/** The raw value of a lane as it is planned. */
export const rawOf = (lane) => takeFrom(wholeOf(lane), lane.path);

let asking = 0;
let asked = "";
let last = 0;

async function draw(key, raw, isLast) {
  const about = subject.peek();
  const text = `${about?.id} ${about?.query} ${JSON.stringify(raw)}`;
  if (!about || drawn.peek().get(key)?.text === text) return;
  const number = ++asking;
  asked = key;
  const query = Object.fromEntries(new URLSearchParams(about.query));
  const body = { key, raw, ...query, ...(query.frames ? { frames: Number(query.frames) } : {}) };
  const preset = lookOf() ? { preset: lookOf() } : {};
  let found;
  try {
    found = { text, ...(await post(`/api/items/${about.id}/curve`, { ...body, ...preset }, { quiet: true })) };
  } catch (error) {
    const isAnswered = Boolean(error.facts); // what nobody answered is asked once more
    found = { text: isAnswered ? text : "", lanes: drawn.peek().get(key)?.lanes, fault: error.message };
  }
  if (!isLast && number !== asking && asked === key) return; // a later one is on its way
  drawn.value = new Map(drawn.peek()).set(key, found);
}

let timer = 0;
effect(() => {
  const move = dragged.value;
  if (!move || !facts.value) return;
  clearTimeout(timer);
  const wait = Math.max(0, last + SETTLES - performance.now());
  timer = setTimeout(() => {
    last = performance.now();
    draw(move.key, move.raw, false);
  }, wait);
});

effect(() => {
  const told = facts.value;
  if (!told) return;
  const keys = new Set(told.lanes.map((lane) => lane.key));
  for (const [key, raw] of Object.entries(plan.changes.value)) if (keys.has(key)) untracked(() => draw(key, raw, true));
});

/** What a value would be: its lanes, or why it cannot be. */
export async function tryRaw(lane, raw) {
  const whole = putIn(wholeOf(lane), lane.path, raw);
  await draw(lane.key, whole, true);
  return drawn.value.get(lane.key)?.fault ?? "";
}

/** Forget a value that was only tried. */
export function leave(lane) {
  dragged.value = null;
  const next = new Map(drawn.value);
  next.delete(lane.key);
  drawn.value = next;
  if (lane.key in plan.changes.value) draw(lane.key, plan.changes.value[lane.key], true);
}

effect(() => {
  const key = curveKey.value;
  if (!key || !facts.value) return;
  untracked(() => {
    for (const lane of facts.value.lanes) if (lane.key === key) show(lane.name);
    curveKey.value = null;
    setTimeout(() => document.querySelector(`.lane[data-key="${key}"]`)?.scrollIntoView({ block: "nearest" }), 50);
  });
});
