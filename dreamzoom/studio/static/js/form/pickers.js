// What the dream climbs: a layer of the model, in words, or one of its classes, by a search.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { model } from "./base.js";
import { isTable, layerWords, networks } from "./schema.js";

const SHOWN = 40; // classes of a search
const known = () => networks.value[model.value] ?? { layers: [], classes: [] };

export function LayerPicker({ id, raw, put }) {
  const { layers, error } = known();
  const value = isTable(raw) ? "\0moves" : raw ?? "";
  const isListed = value === "" || layers.some(({ name }) => name === value);
  return html`<select id=${id} value=${value} onChange=${(event) => put(event.target.value)}>
      <option value="">the model's own choice</option>
      ${!isListed && html`<option value=${value}>${isTable(raw) ? "fades through several" : value}</option>`}
      ${layers.filter(({ sees, name }) => sees !== null && !name.includes("_")).map((layer) =>
        html`<option key=${layer.name} value=${layer.name}>${layerWords(layer)}</option>`)}
    </select>
    ${error && html`<p class="soft">${error}</p>`}`;
}

/** Classes in whose names some letters are, first those where a word begins with them. */
function seek(classes, letters) {
  const begins = (name) => Number(` ${name.toLowerCase()}`.includes(` ${letters}`));
  return classes.map((name, number) => ({ name, number })).filter(({ name }) => name.toLowerCase().includes(letters))
    .sort((one, other) => begins(other.name) - begins(one.name)).slice(0, SHOWN);
}

/** A search among the names of a model's classes. */
export function ClassPicker({ id, raw, put }) {
  const [typed, type] = useState(null); // what is being searched; null while nothing is
  const [at, move] = useState(0);
  const { classes } = known();
  const words = (typed ?? "").trim().toLowerCase();
  const found = typed === null ? [] : seek(classes, words);
  const shown = isTable(raw) ? "fades" : raw === "" || raw === undefined ? "" : typeof raw === "number" ? classes[raw] ?? raw : raw;
  const take = ({ number }) => {
    put(number);
    type(null);
  };
  const search = (event) => {
    event.target.select();
    const body = event.target.closest(".body"); // what is found has room below
    body?.scrollBy(0, event.target.getBoundingClientRect().top - body.getBoundingClientRect().top - 80);
  };
  const keys = (event) => {
    if (typed === null) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) move((at + step + found.length) % found.length);
    else if (event.key === "Enter" && found[at]) take(found[at]);
    else if (event.key === "Escape") type(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="picker">
    <input id=${id} type="text" role="combobox" aria-expanded=${found.length > 0} aria-controls=${`${id}-list`} autocomplete="off"
      aria-autocomplete="list" aria-activedescendant=${found[at] ? `${id}-${at}` : null} placeholder="search: peacock, castle, clock"
      value=${typed ?? shown} onFocus=${search} onKeyDown=${keys}
      onInput=${(event) => { type(event.target.value); move(0); }} onBlur=${() => setTimeout(() => type(null), 150)} />
    ${raw !== "" && raw !== undefined && html`<button class="plain" onClick=${() => put("")}>None</button>`}
    ${typed !== null && html`<ul id=${`${id}-list`} role="listbox" class="found" aria-label="Classes">
      ${found.map((each, place) => html`<li key=${each.number} id=${`${id}-${place}`} role="option" aria-selected=${place === at}
        onMouseDown=${(event) => { event.preventDefault(); take(each); }}>${each.name}</li>`)}
      ${!found.length && html`<li class="soft" role="option" aria-selected="false">${classes.length ? "No class has that in its name."
        : "The names are being read."}</li>`}
    </ul>`}
  </div>`;
}
