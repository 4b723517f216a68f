// What names a picture, a song or a palette: one that lies in the folder, or one that dreamzoom knows by name.
import { html } from "../html.js";
import { usePalette } from "../plan.js";
import { items } from "../state.js";
import { valueOf } from "./base.js";
import { schema } from "./schema.js";

const KINDS = { "music.song": ["song"], "music.map": ["beats"] };
const named = (raw) => (raw?.item ? `item:${raw.item}` : typeof raw === "string" ? raw : "");
const meant = (value) => (value.startsWith("item:") ? { item: value.slice(5) } : value);

/** The items of some kinds, in the order of their names. */
export function itemsOf(...kinds) {
  return [...items.value.values()].filter(({ kind }) => kinds.includes(kind))
    .sort((one, other) => one.name.localeCompare(other.name));
}

export function Files({ of, id, form, raw, put }) {
  const kinds = KINDS[of] ?? (form.picture ? ["picture"] : []);
  const value = named(raw);
  const words = form.words.includes("") || form.default !== "" ? form.words : ["", ...form.words];
  const known = words.includes(value) || (raw?.item && items.value.has(raw.item));
  return html`<select id=${id} value=${value} onChange=${(event) => put(meant(event.target.value))}>
    ${!known && html`<option value=${value}>${String(raw).split("/").at(-1) || "its own"}</option>`}
    ${words.map((word) => html`<option key=${word} value=${word}>${word || "none"}</option>`)}
    ${itemsOf(...kinds).map(({ id: item, name }) => html`<option key=${item} value=${`item:${item}`}>${name}</option>`)}
  </select>`;
}

export function Palette({ id, raw }) {
  const { palettes } = schema.value;
  const value = named(raw);
  const chosen = palettes.find(({ name }) => name === value);
  const known = value === "" || chosen || (raw?.item && items.value.has(raw.item));
  return html`<select id=${id} value=${value} onChange=${(event) => usePalette(meant(event.target.value) || null, valueOf("colour.hold"))}>
      <option value="">the picture's own</option>
      ${!known && html`<option value=${value}>${typeof raw === "object" ? "fades" : value.split("/").at(-1)}</option>`}
      ${palettes.map(({ name }) => html`<option key=${name} value=${name}>${name}</option>`)}
      ${itemsOf("picture").map(({ id: item, name }) => html`<option key=${item} value=${`item:${item}`}>of ${name}</option>`)}
    </select>
    ${chosen && html`<span class="swatches" aria-hidden="true">${chosen.colours.map((colour) =>
      html`<i key=${colour} style=${{ background: colour }}></i>`)}</span>`}`;
}
