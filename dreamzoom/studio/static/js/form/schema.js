// What a recipe can say, as the server tells it, and the words for it.
import { computed, signal } from "@preact/signals";
import { get } from "../api.js";

export const schema = signal({ tables: [], keys: {}, presets: {}, palettes: [] });
export const networks = signal({}); // model → {layers, classes}, or {error}

let asked = null;

/** Load the schema, once. */
export function loadSchema() {
  asked ??= get("/api/schema").then((told) => { schema.value = told; }, () => { asked = null; });
  return asked;
}

const asking = new Set();

/** Load the layers and classes of a model, once. */
export async function loadNetwork(model) {
  if (!model || asking.has(model)) return;
  asking.add(model);
  const told = await get(`/api/models/${model}`, { quiet: true })
    .catch((error) => (error.facts ? { error: error.message, layers: [], classes: [] } : null)); // null: no answer yet
  if (!told || told.error) asking.delete(model);
  if (told) networks.value = { ...networks.value, [model]: told };
}

export const defaults = computed(() =>
  Object.fromEntries(Object.entries(schema.value.keys).map(([key, { default: raw }]) => [key, raw])));

const TITLES = {
  "camera.zoom": "Zoom", "camera.rotate": "Turn", "camera.target": "Falls to", "camera.every": "Dream every",
  "dream.layer": "Layer", "dream.class": "Class", "dream.iterations": "Strength", "dream.step_size": "Step size",
  "dream.octaves": "Octaves", "dream.goal": "Goals", "dream.region": "Regions", "clip.dissolve": "Pictures that come", "clip.seed": "Seed", "colour.palette": "Palette", "colour.hold": "Hold colours",
  "clip.size": "Size", "clip.fps": "Frames a second", "clip.frames": "Length", "clip.image": "Picture",
};

const UNITS = {
  "times a frame": "× a frame", "degrees a frame": "° a frame", degrees: "°", "of the frame's width and height": "",
  "of the frame's width and height a frame": "widths a frame", "frames a second": "", "times dream.step_size": "× step size",
};

/** A unit in few words. */
export const unitWords = (unit) => UNITS[unit] ?? unit;

/** What a key is called on the page. */
export function titleOf(key) {
  if (TITLES[key]) return TITLES[key];
  const words = key.slice(key.lastIndexOf(".") + 1).replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

/** What a network sees at a layer, by how wide a part of the picture it sees; its name comes last, as it may be cut off. */
export function layerWords({ name, sees }) {
  const words = sees === null ? "the whole picture" : sees < 20 ? "lines and dots" : sees < 50 ? "textures"
    : sees < 90 ? "patterns" : sees < 150 ? "eyes, fur, leaves" : "creatures and things";
  return `${words} · ${name}`;
}

/** A raw value in few words. */
export function rawWords(raw, key = "") {
  if (key === "dream.class" && typeof raw === "number") return classOf(raw);
  if (raw === "" || raw === undefined) return "its own";
  if (Array.isArray(raw)) {
    if (schema.value.keys[key]?.kind === "rows") return raw.length ? `${raw.length} of them` : "none";
    if (raw.length === 2 && raw.every((each) => typeof each === "object" && each)) return `moves, ${keyCount(raw[0])} keys`;
    return raw.length ? raw.map((each) => (typeof each === "object" ? "…" : each)).join(", ") : "none";
  }
  if (raw && typeof raw === "object") return raw.item ? "a file of yours" : `moves, ${keyCount(raw)} keys`;
  if (typeof raw === "boolean") return raw ? "on" : "off";
  return typeof raw === "number" ? String(Math.round(raw * 10000) / 10000) : raw;
}

/** A class by its number, as its model calls it. */
function classOf(number) {
  const names = Object.values(networks.value).find(({ classes }) => classes.length > number)?.classes;
  return names ? names[number].split(",")[0] : String(number);
}

/** How many keyframes a table has. */
export const keyCount = (table) => Object.keys(table).filter((time) => time !== "ease" && time !== "repeat").length;

export const isTable = (raw) => Boolean(raw) && typeof raw === "object" && !Array.isArray(raw) && !raw.item;
export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
