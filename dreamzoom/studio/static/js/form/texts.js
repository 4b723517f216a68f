// Texts, choices and switches, and what is too rich for a control: that is written down.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { items } from "../state.js";
import { Typed } from "../typed.js";
import { read } from "./numbers.js";

const READS_NUMBERS = ["rate", "seconds", "time"];
const LISTS = { rate: ["24", "25", "30", "50", "60"] };

export function TextField({ id, form, raw, put, fault }) {
  const change = (text) => put(READS_NUMBERS.includes(form.kind) ? read(text) : text);
  const list = LISTS[form.kind];
  return html`<${Typed} id=${id} type=${form.kind === "colour" ? "color" : "text"} value=${typeof raw === "object" ? "" : raw ?? ""}
      title=${form.allowed} list=${list ? `${id}-list` : null}
      aria-invalid=${fault ? "true" : "false"} aria-describedby=${fault ? `${id}-fault` : null} put=${change} />
    ${list && html`<datalist id=${`${id}-list`}>${list.map((each) => html`<option value=${each} />`)}</datalist>`}`;
}

/** A text of one line or more. */
export function Lines({ id, form, raw, put, fault }) {
  return html`<textarea class="words" id=${id} rows=${Math.min(4, String(raw ?? "").split("\n").length)} maxlength=${form.longest} title=${form.allowed}
    aria-invalid=${fault ? "true" : "false"} onChange=${(event) => put(event.target.value)}>${raw ?? ""}</textarea>`;
}

export function Choice({ id, form, raw, put }) {
  const value = form.choices.includes(raw) ? raw : "";
  return html`<select id=${id} value=${value} onChange=${(event) => put(event.target.value)}>
    ${value === "" && !form.choices.includes("") && html`<option value="">moves</option>`}
    ${form.choices.map((each) => html`<option key=${each} value=${each}>${each || "its own"}</option>`)}
  </select>`;
}

export function Flag({ id, raw, put }) {
  return html`<input id=${id} type="checkbox" checked=${Boolean(raw)} onChange=${(event) => put(event.target.checked)} />`;
}

const SIZES = [
  ["320x180", "320 × 180, quick"], ["640x360", "640 × 360"], ["1280x720", "1280 × 720, HD"], ["1920x1080", "1920 × 1080, full HD"],
  ["1080x1080", "1080 × 1080, square"], ["1080x1920", "1080 × 1920, upright"], ["3840x2160", "3840 × 2160, 4K"],
];

export function Size({ id, form, raw, put, fault }) {
  return html`<${Typed} id=${id} value=${raw} list=${`${id}-list`} title=${form.allowed}
      aria-invalid=${fault ? "true" : "false"} put=${(text) => put(text.replace("×", "x").replaceAll(" ", ""))} />
    <datalist id=${`${id}-list`}>${SIZES.map(([size, words]) => html`<option value=${size}>${words}</option>`)}</datalist>`;
}

/** The item that a file's name stands for. */
function itemCalled(name) {
  if (typeof name !== "string" || !name.includes(".")) return null;
  const found = [...items.value.values()].find((each) => each.name === name && each.kind !== "clip" && each.kind !== "film");
  return found ? { item: found.id } : null;
}

/** What has parts of its own, as JSON; files of the folder are called by their names there. */
export function Json({ id, form, raw, put }) {
  const [wrong, tellWrong] = useState("");
  const change = (event) => {
    try {
      put(JSON.parse(event.target.value, (_, each) => itemCalled(each) ?? each));
      tellWrong("");
    } catch {
      tellWrong("This is not JSON yet: see its brackets, commas and quotes.");
    }
  };
  const text = JSON.stringify(raw, (_, each) => items.value.get(each?.item)?.name ?? each, 1);
  return html`<textarea id=${id} rows=${Math.min(10, text.split("\n").length)} spellcheck="false" title=${form.allowed}
      aria-invalid=${wrong ? "true" : "false"} onChange=${change}>${text}</textarea>
    ${wrong && html`<p class="bad" role="alert">${wrong}</p>`}`;
}
