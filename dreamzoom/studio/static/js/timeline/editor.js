// The keyframe that is chosen: its time, its value and its ease, typed.
import { html } from "../html.js";
import { chosenKey, editable, selected } from "./edits.js";
import { remove, retype, setEase } from "./lane.js";
import { facts } from "./source.js";
import { short } from "./words.js";

export function KeyEditor() {
  const { lane, key } = chosenKey.value;
  const isChoice = lane.base.kind === "choice";
  const eases = facts.value.eases[isChoice ? "choice" : "number"];
  const raw = isChoice ? key.value : key.raw !== null && typeof key.raw === "object" ? key.raw.value : key.raw;
  const enter = (event) => { if (event.key === "Enter") event.currentTarget.blur(); };
  const set = (time, value) => { if (time.trim() && value.trim()) retype(lane, key.at, time.trim(), value); };
  const off = !editable.value;
  return html`<form class="key-editor" aria-label=${`Key of ${lane.base.name}`} onSubmit=${(event) => event.preventDefault()}>
    <b>${lane.base.name}</b>
    <label>at ${/^\d+$/.test(key.at) && "frame "}<input class="time" aria-label="Time of the key" disabled=${off} key=${`t${key.at}`} defaultValue=${key.at} onKeyDown=${enter}
      onChange=${(event) => set(event.currentTarget.value, String(raw))} title="90 (frames), 1.5s, 8beats, 4bars, a section's name" /></label>
    <label>value <input class="value" aria-label="Value of the key" disabled=${off} key=${`v${key.at}${raw}`} defaultValue=${isChoice ? raw : typeof raw === "number" ? short(raw) : raw}
      onKeyDown=${enter} onChange=${(event) => set(key.at, event.currentTarget.value)} /></label>
    <label>ease <select aria-label="Ease of the key" disabled=${off} value=${key.ease} onChange=${(event) => setEase(lane, key.at, event.currentTarget.value)}>
      ${eases.map((ease) => html`<option key=${ease} value=${ease}>${ease}</option>`)}</select></label>
    <button type="button" disabled=${off} onClick=${() => remove(lane, key.at)}>Delete</button>
    <button type="button" class="plain" onClick=${() => { selected.value = null; }}>Close</button>
  </form>`;
}
