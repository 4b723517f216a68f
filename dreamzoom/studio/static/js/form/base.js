// What holds where nothing is changed: the clip's own values, or those of the look that a new clip begins with.
import { computed, effect, signal, untracked } from "@preact/signals";
import { get } from "../api.js";
import { dropChange, from, plan, setChange } from "../plan.js";
import { connected, items, returns } from "../state.js";
import { defaults, isSame, loadNetwork, loadSchema, schema } from "./schema.js";

const USUAL = "bestiary"; // the look of a new clip where none is chosen

const told = signal({ of: null, first: 0, stop: 0, values: {} }); // of the clip that a take is made of
const recipes = signal({}); // id of an item whose recipe serves as a look → its values

effect(() => { if (connected.value) loadSchema(); });

effect(() => {
  const id = (returns.value, plan.of.value);
  const frames = items.value.get(id)?.frames_total ?? 0;
  const frame = Math.min(from.value ?? 0, Math.max(0, frames - 1));
  const { of, first, stop } = untracked(() => told.value);
  if (!id || (of === id && frame >= first && frame < stop)) return;
  get(`/api/items/${id}/recipe?frame=${frame}`, { quiet: true }).then((answer) => {
    if (plan.of.value === id) told.value = { of: id, ...answer };
  }, () => {});
});

effect(() => {
  const id = (returns.value, plan.preset.value?.item);
  if (!id || untracked(() => recipes.value)[id]) return;
  get(`/api/items/${id}/recipe`, { quiet: true }).then(({ values }) => {
    recipes.value = { ...recipes.value, [id]: values };
  }, () => {});
});

const look = computed(() => {
  const preset = plan.preset.value ?? (plan.of.value ? null : USUAL);
  if (preset === null) return {};
  return (preset.item ? recipes.value[preset.item] : schema.value.presets[preset]?.values) ?? {};
});

/** Key → raw value, where nothing is changed. */
export const base = computed(() => {
  const clip = plan.of.value && told.value.of === plan.of.value ? told.value.values : {};
  return { ...defaults.value, ...clip, ...look.value };
});

/** The raw value of a key as it would be used now. */
export const valueOf = (key) => plan.changes.value[key] ?? base.value[key];

/** Change a key, or leave it as it is where that is the same. */
export function put(key, raw) {
  if (isSame(raw, base.value[key])) dropChange(key);
  else setChange(key, raw);
}

export const model = computed(() => valueOf("model.name") ?? "squeezenet");
export const rate = computed(() => {
  const [over, under] = String(valueOf("clip.fps") ?? 30).split("/").map(Number);
  return under ? over / under : over;
});

effect(() => { if (Object.keys(schema.value.keys).length) returns.value, loadNetwork(model.value); });
