// Files by the names that formulas call them: the stems of a song, series of notes.
import { html } from "../html.js";
import { items } from "../state.js";
import { Typed } from "../typed.js";
import { itemsOf } from "./files.js";

const KINDS = { "music.stems": ["song"], "music.series": ["notes"] };

/** A name that is free, made of a file's. */
function freeName(name, taken) {
  const stem = name.replace(/\.[^.]*$/, "").toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "") || "file";
  let [free, number] = [stem, 2];
  while (taken.includes(free)) { free = `${stem}_${number}`; number += 1; }
  return free;
}

export function NamedFiles({ of, id, form, raw, put }) {
  const files = Object.entries(raw ?? {}).filter(([, file]) => file !== "");
  const names = files.map(([name]) => name);
  const known = itemsOf(...KINDS[of]);
  const set = (next) => put(Object.fromEntries(next));
  const at = (number, pair) => set(files.map((each, place) => (place === number ? pair : each)));
  return html`<ul class="named-files" aria-label=${`Files of ${of}`}>
    ${files.map(([name, file], number) => html`<li key=${number}>
      <${Typed} value=${name} aria-label=${`Name of file ${number + 1}`} put=${(text) => at(number, [text.trim(), file])} />
      <select aria-label=${`File of ${name}`} value=${file?.item ?? ""} onChange=${(event) => at(number, [name, { item: event.target.value }])}>
        ${!items.value.has(file?.item) && html`<option value=${file?.item ?? ""}>${String(file).split("/").at(-1)}</option>`}
        ${known.map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`)}</select>
      <button class="icon-only plain" aria-label=${`Leave out ${name}`} title="Leave it out" onClick=${() => set(files.filter((_, place) => place !== number))}>✕</button>
    </li>`)}
    <li><select id=${id} value="" disabled=${!known.length || files.length >= form.most} onChange=${(event) => {
        const item = items.value.get(event.target.value);
        if (item) set([...files, [freeName(item.name, names), { item: item.id }]]);
        event.target.value = "";
      }}>
      <option value="">${known.length ? "add a file" : of === "music.series" ? "drop a MIDI file on the page first" : "drop a song on the page first"}</option>
      ${known.map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`)}</select></li>
  </ul>`;
}
