// Numbers: a slider where people usually are, and a field that takes all that the key may be, formulas too.
import { html } from "../html.js";
import { Typed } from "../typed.js";
import { unitWords } from "./schema.js";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What a text stands for: a number, or the text where it is none. */
export function read(text) {
  const plain = text.trim();
  return NUMBER.test(plain) ? Number(plain) : plain;
}

const shown = (raw) => (typeof raw === "number" ? String(Math.round(raw * 1e6) / 1e6) : raw ?? "");
export function NumberField({ of, id, form, raw, put, fault }) {
  const [low, high] = form.usual ?? [form.minimum, form.maximum];
  const slides = typeof raw === "number" && Number.isFinite(low) && Number.isFinite(high);
  const slide = (event) => put(Math.round(Number(event.target.value) * 1e6) / 1e6);
  return html`<div class="number">
    ${slides && html`<input type="range" min=${low} max=${high} step=${form.step} value=${raw} aria-label=${`${of}, slider`}
      aria-valuetext=${`${shown(raw)} ${unitWords(form.unit)}`} style=${{ "--gone": `${share(raw, low, high)}%` }} onInput=${slide} />`}
    <${Typed} id=${id} class=${slides ? "" : "wide"} inputmode=${form.moves ? "text" : "decimal"} value=${shown(raw)} title=${form.allowed}
      aria-invalid=${fault ? "true" : "false"} aria-describedby=${fault ? `${id}-fault` : null} put=${(text) => put(read(text))} />
    ${form.words?.map((word) => html`<button class="plain" aria-pressed=${raw === word} onClick=${() => put(word)}
      >${word === "" ? "none" : word}</button>`)}
  </div>`;
}

const share = (value, low, high) => 100 * Math.min(1, Math.max(0, (value - low) / (high - low)));

export function PointField({ of, id, form, raw, put, fault }) {
  const pair = Array.isArray(raw) ? raw : null;
  const set = (axis, text) => {
    const next = pair ? [...pair] : [0.5, 0.5];
    next[axis] = read(text);
    put(next);
  };
  const middle = (form.minimum + form.maximum) / 2;
  return html`<div class="number point">
    ${["x", "y"].map((name, axis) => html`<${Typed} key=${name} id=${axis ? `${id}-y` : id} value=${pair ? shown(pair[axis]) : ""}
      placeholder=${name} aria-label=${`${of}, ${name}`} title=${form.allowed} aria-invalid=${fault ? "true" : "false"}
      put=${(text) => set(axis, text)} />`)}
    <button class="plain" onClick=${() => put([middle, middle])}>Middle</button>
    ${form.words?.map((word) => html`<button class="plain" aria-pressed=${raw === word} onClick=${() => put(word)}
      >${word === "auto" ? "Auto" : "None"}</button>`)}
  </div>`;
}
