// What is to be delivered: the choices, and what the studio says of them before anything is made.
import { computed, signal } from "@preact/signals";
import { get, post } from "../api.js";
import { chosen, item, items, marks, tell } from "../state.js";

export const targets = signal([]); // whom it can be delivered to, each with the names of the choices that fit
export const wanted = signal({ for: "youtube" }); // the body of a request; what is not in it stays as it is
export const fitting = signal(null); // {what, faults, doubts, file}: what the choices come to
export const busy = signal(false); // whether that is being found out

export const target = computed(() => targets.value.find((each) => each.name === wanted.value.for) ?? targets.value[0] ?? null);

export async function loadTargets(facts) {
  const found = await get(`/api/items/${facts.id}/targets`, { quiet: true });
  if (chosen.value === facts.id) targets.value = found.targets;
}

/** Whether a choice fits what is delivered, and to whom. */
export const fits = (choice) => Boolean(target.value?.choices.includes(choice));

/** Set choices; undefined takes one back. */
export function set(changes) {
  const next = { ...wanted.value, ...changes };
  for (const [key, value] of Object.entries(next)) if (value === undefined || value === "" || value === null) delete next[key];
  wanted.value = next;
}

/** The body of the request: the choices that fit, and the part between the marks if that is wanted. */
export function body(facts) {
  const { between, ...rest } = wanted.value;
  const { from, to } = marks.value;
  if (between && !rest.rounds && (from !== null || to !== null)) rest.frames = [from ?? 0, (to ?? facts.frames_done - 1) + 1];
  for (const name of ["song", "titles", "font"]) if (!items.value.has(rest[name])) delete rest[name];
  if (!rest.titles) delete rest.font;
  if (!fits("song")) delete rest.song;
  if (rest.song || !fits("silent")) delete rest.silent;
  if (!rest.song) delete rest.start;
  if ((!rest.song && !facts.has_song) || rest.silent) for (const name of ["fade_in", "fade_out", "sound", "loudness"]) delete rest[name];
  const kept = Object.entries(rest).filter(([name]) => fits(name));
  return { for: target.value?.name ?? wanted.value.for, ...Object.fromEntries(kept) };
}

let asked = 0;

/** Ask what the choices come to. */
export async function check(facts) {
  asked += 1;
  const ticket = asked;
  busy.value = true;
  let found;
  try {
    found = await post(`/api/items/${facts.id}/deliver/check`, body(facts), { quiet: true });
  } catch (error) {
    found = { what: {}, faults: [{ words: error.message, fixes: [] }], doubts: [], file: "" };
  }
  if (ticket !== asked || chosen.value !== facts.id) return;
  fitting.value = found;
  busy.value = false;
}

export async function deliver() {
  const { file } = await post(`/api/items/${item.value.id}/deliver`, body(item.value));
  tell(`${file} is in the queue.`);
}
