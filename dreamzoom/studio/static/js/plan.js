// What the person is directing: nothing of it is rendered before `goOn`. There is a draft for each clip that a take
// is to be made of, and one for the next new clip. The server keeps them, so that a reload or another window has them.
import { computed, effect, signal, untracked } from "@preact/signals";
import { ask, get, post } from "./api.js";
import { on } from "./events.js";
import { choose, connected, item, items, playhead, tell } from "./state.js";

const NEW = "new";
const EMPTY = { picture: null, song: null, preset: null, changes: {}, at: null };
const me = Math.random().toString(36).slice(2); // this window, so that it does not hear itself

const waiting = new Map(); // draft → timer, until it is sent; 0 where it is sent after something else
const sending = new Set(); // drafts that are on their way
const early = {}; // what was changed before the drafts were there
let isKept = false; // whether they are there

const drafts = signal({}); // id of a clip, or "new" → draft
const subject = signal(NEW);
const draft = computed(() => ({ ...EMPTY, ...drafts.value[subject.value] }));

/** Of the plan all is read, as signals; it is changed by the functions below. */
export const plan = {
  of: computed(() => (subject.value === NEW ? null : subject.value)), // the clip that a take is made of
  picture: computed(() => draft.value.picture), // an item's id or a generated picture's name; of a new clip
  song: computed(() => draft.value.song), // an item's id; of a new clip
  preset: computed(() => draft.value.preset), // a name, {item: id} of a recipe, or null for what the clip has
  changes: computed(() => draft.value.changes), // key → raw value
  at: computed(() => draft.value.at), // the first frame that is to be different; null goes with the playhead
};
export const faults = signal({}); // key → what is wrong with it
export const notes = signal([]); // what of it is not used, in words
export const asking = signal(false); // whether the server is being asked for it

/** The first frame of the take that would be made now; null at the clip's end: then it is changed from its start. */
export const from = computed(() => {
  if (plan.at.value !== null) return plan.at.value;
  const clip = items.value.get(plan.of.value);
  return clip && playhead.value + 1 < clip.frames_total ? playhead.value + 1 : null;
});
export const isEmpty = computed(() => {
  const { picture, song, preset, changes } = draft.value;
  return !picture && !song && !preset && !Object.keys(changes).length;
});

// ---- what changes it -------------------------------------------------------------------------------------------

/** Change a key of the recipe; a raw value is as JSON has it. */
export function setChange(key, raw) {
  change({ changes: { ...plan.changes.value, [key]: raw } });
}

/** Leave a key as it is in the clip or in the look. */
export function dropChange(key) {
  const { [key]: _, ...changes } = plan.changes.value;
  change(key === "camera.target" ? { changes, at: null } : { changes });
}

/** A look by its name, or {item: id} of a recipe; null for what the clip has. */
export const useLook = (preset) => change({ preset });

/** Hold the colours of a palette, a name or {item: id} of a picture; null lets go of it. `held` is how much now. */
export function usePalette(name, held = plan.changes.value["colour.hold"]) {
  if (!name) {
    dropChange("colour.palette");
    return;
  }
  change({ changes: { ...plan.changes.value, "colour.palette": name, ...(held ? {} : { "colour.hold": 1 }) } });
}

/** Begin with a picture: an item's id or a generated picture's name. Where to fall into another one is not kept. */
export function usePicture(picture) {
  turnTo(NEW);
  const isOther = plan.picture.value !== null && plan.picture.value !== picture;
  const { "camera.target": _, ...changes } = plan.changes.value;
  change(isOther ? { picture, changes } : { picture });
}

/** A new clip's song: an item's id, or null. */
export function useSong(song) {
  turnTo(NEW);
  change({ song });
}

/** A picture, song, recipe or clip that was dropped or chosen. */
export function useItem({ id, kind }) {
  if (kind === "picture") usePicture(id);
  else if (kind === "song") useSong(id);
  else if (kind === "recipe") useLook({ item: id });
  else choose(id);
}

/** The first frame that is to be different; null lets it go with the playhead. */
export const startAt = (at) => change({ at });

/** Take back all changes, and the look; a new clip keeps its picture and song. */
export const clear = () => change({ preset: null, changes: {}, at: null });

/** Another draft becomes the plan, of a clip or "new"; the one that was stays where it is. */
export function turnTo(next) {
  if (next === subject.value) return;
  const look = draft.value.preset;
  subject.value = next;
  if (next === NEW && look && isEmpty.value) change({ preset: look });
}

function change(part) {
  const of = subject.value;
  const next = { ...draft.value, ...part };
  drafts.value = { ...drafts.value, [of]: next };
  if (!isKept) early[of] = { ...early[of], ...part };
  save(of);
}

// ---- a click on the picture ------------------------------------------------------------------------------------

const EASE = "smooth";
const round = (value) => Math.round(value * 10000) / 10000;

/** Fall to a point of the picture, 0 to 1 from the top left: from where the camera falls now, within a second. */
export async function fallAt(x, y) {
  const point = [round(x), round(y)];
  const clip = items.value.get(plan.of.value);
  if (!clip) {
    setChange("camera.target", point);
    return;
  }
  const here = playhead.value;
  if (here + 1 >= clip.frames_total) {
    tell("This is the last frame: go back to where it should begin to fall there.");
    return;
  }
  const there = here + Math.max(1, Math.round(clip.fps));
  const planned = plan.changes.value["camera.target"];
  const keys = isFall(planned) ? planned : null;
  const now = keys ? keys.map((track) => valueAt(track, here)) : await targetAt(clip.id, here);
  const tracks = point.map((value, axis) => {
    const before = Object.entries(keys?.[axis] ?? {}).filter(([time]) => time !== "ease" && Number(time) < here);
    return { ...Object.fromEntries(before), [here]: round(now[axis]), [there]: value, ease: EASE };
  });
  change({
    changes: { ...plan.changes.value, "camera.target": tracks },
    at: Math.min(plan.at.value ?? here + 1, here + 1),
  });
}

/** Whether a raw value is what `fallAt` makes. */
function isFall(raw) {
  return Array.isArray(raw) && raw.length === 2 && raw.every((track) => track && typeof track === "object" &&
    Object.entries(track).every(([time, value]) => time === "ease" || (/^\d+$/.test(time) && typeof value === "number")));
}

/** A track of `fallAt` at a frame: smooth between its keys. */
function valueAt(track, frame) {
  const keys = Object.entries(track).filter(([time]) => time !== "ease").map(([time, value]) => [Number(time), value]);
  keys.sort(([one], [other]) => one - other);
  const next = keys.findIndex(([time]) => time > frame);
  if (next === 0) return keys[0][1];
  if (next < 0) return keys[keys.length - 1][1];
  const [[begin, one], [end, other]] = keys.slice(next - 1, next + 1);
  const gone = (frame - begin) / (end - begin);
  return one + (other - one) * gone * gone * (3 - 2 * gone);
}

/** Where a clip's camera falls at a frame. */
async function targetAt(id, frame) {
  const { now } = await get(`/api/items/${id}/recipe?frame=${frame}`);
  return now["camera.target"] ?? [0.5, 0.5];
}

// ---- asking for it ---------------------------------------------------------------------------------------------

/** What the server is asked for. */
function wish() {
  const { picture, song, preset, changes } = draft.value;
  if (plan.of.value) return { at: from.value, preset, changes };
  const file = (id) => (items.value.has(id) ? { item: id } : id);
  return { picture: picture && file(picture), song: song && file(song), preset, changes };
}

/** Ask for it: a take from the playhead on, or a new clip. The answer tells the item that it becomes. */
export async function goOn() {
  if (asking.value) return null;
  if (plan.of.value && isEmpty.value) {
    tell("Change something first: a look, a slider, or a click on the picture.");
    return null;
  }
  asking.value = true;
  const of = subject.value;
  try {
    const path = plan.of.value ? `/api/items/${plan.of.value}/takes` : "/api/clips";
    const told = await post(path, wish());
    const { picture, song } = draft.value; // the next new clip begins with the same
    drafts.value = { ...drafts.value, [of]: of === NEW ? { ...EMPTY, picture, song } : EMPTY };
    save(of);
    tell(`${told.title} is in the queue.`);
    choose(told.item);
    return told;
  } catch (error) {
    faults.value = error.facts?.faults ?? {};
    return null;
  } finally {
    asking.value = false;
  }
}

/** Ask what is wrong with it, without asking for it. */
export async function check() {
  const body = { of: plan.of.value ?? "", ...wish() };
  const told = await post("/api/check", body, { quiet: true }).catch(() => ({ faults: {}, notes: [] }));
  faults.value = told.faults;
  notes.value = told.notes;
}

// ---- where it is kept ------------------------------------------------------------------------------------------

function save(of) {
  clearTimeout(waiting.get(of));
  waiting.set(of, setTimeout(() => { if (isKept) send(of); }, 250));
}

/** Send a draft; not while an older state of it is on its way, which might come there last. */
async function send(of, keepalive = false) {
  clearTimeout(waiting.get(of));
  if (sending.has(of) && !keepalive) return void waiting.set(of, 0);
  waiting.delete(of);
  sending.add(of);
  let isLost = false;
  try {
    const body = { draft: drafts.value[of] ?? {}, by: me };
    await ask(`/api/drafts/${of}`, { method: "PUT", body, keepalive, quiet: true });
  } catch (error) {
    if (error.facts) tell(error.message, true);
    else isLost = true;
  }
  sending.delete(of);
  if (isLost) waiting.set(of, waiting.get(of) ?? 0); // until the studio answers again
  else if (waiting.get(of) === 0) send(of);
}

addEventListener("pagehide", () => { for (const of of [...waiting.keys()]) send(of, true); });

on("draft", ({ of, draft: told, by }) => {
  if (by !== me && !waiting.has(of)) drafts.value = { ...drafts.value, [of]: told };
});

async function load() {
  const { drafts: kept } = await get("/api/drafts", { quiet: true });
  const unsent = isKept ? drafts.value : early;
  const next = { ...kept };
  for (const of of [...waiting.keys(), ...sending]) next[of] = { ...next[of], ...unsent[of] };
  isKept = true;
  drafts.value = next;
  for (const of of [...waiting.keys()]) save(of);
}

effect(() => { if (connected.value) load().catch(() => {}); });

let shown = null;
effect(() => {
  const facts = item.value;
  if (!facts || facts.id === shown) return;
  shown = facts.id;
  untracked(() => {
    if (facts.kind === "clip") turnTo(facts.id);
    else if (facts.kind === "picture" || facts.kind === "song") useItem(facts);
  });
});
