// A film's storyboard: what the page knows of it, and its changes.
import { signal } from "@preact/signals";
import { ask, get, post } from "../api.js";
import { choose, chosen, item, tell } from "../state.js";

export const board = signal(null); // {of, mark, scenes, faults, …} as the studio tells it
export const changing = signal(false);
export const foretold = signal(null); // {of, mark, scenes, faults, …}: what making it now would do, once that is known

let asking = "";

/** Ask what making the film would do; it takes some seconds. */
export async function foretell(id, state) {
  const asked = `${id} ${board.value?.mark} ${state}`;
  if (asking === asked) return;
  asking = asked;
  foretold.value = null;
  const found = await get(`/api/items/${id}/storyboard/check`, { quiet: true })
    .catch((error) => ({ mark: board.value?.mark, faults: [{ scene: null, line: null, words: error.message }], notes: [] }));
  if (asking === asked) foretold.value = { of: id, ...found };
}

export async function loadBoard(id) {
  try {
    const found = await get(`/api/items/${id}/storyboard`, { quiet: true });
    if (chosen.value === id) board.value = { of: id, ...found };
  } catch (error) {
    if (chosen.value === id) board.value = { of: id, scenes: [], faults: [{ line: null, words: error.message }], transitions: [], looks: [], can_edit: false };
  }
}

/** Change a film's storyboard as it was seen; what there is now. */
export const send = (id, mark, body) =>
  ask(`/api/items/${id}/storyboard`, { method: "POST", body, headers: { "If-Match": `"${mark}"` } });

/** Undo the last change of the storyboard, or do again what was undone: "undo", "redo". */
export async function step(way) {
  const known = board.value;
  if (!known?.[way === "undo" ? "can_undo" : "can_redo"] || changing.value) return;
  changing.value = true;
  try {
    const found = await ask(`/api/items/${known.of}/storyboard/${way}`, { method: "POST", body: {}, headers: { "If-Match": `"${known.mark}"` } });
    if (chosen.value === known.of) board.value = { of: known.of, ...found };
  } catch {
    await loadBoard(known.of);
  } finally {
    changing.value = false;
  }
}

/** Change a scene: {scene, move}, {scene, remove}, {scene, double} or {scene, set}; or {add, at}. Whether it was done. */
export async function change(body) {
  const { of, mark } = board.value;
  changing.value = true;
  try {
    const found = await send(of, mark, body);
    if (chosen.value === of) board.value = { of, ...found };
    return true;
  } catch {
    await loadBoard(of); // what is there now; what was wrong has been told
    return false;
  } finally {
    changing.value = false;
  }
}

export async function make(how) {
  const { name, item: made } = await post(`/api/items/${item.value.id}/film`, { as: how });
  tell(how === "changed" ? "What changed is in the queue." : `${name} is in the queue.`);
  choose(made);
}
