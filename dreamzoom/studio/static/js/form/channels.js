// Which channels of a layer count: all, those that the picture ranks first or last, or these, some with weights.
import { html } from "../html.js";
import { Typed } from "../typed.js";

const RANKED = /^\s*(strongest|weakest)(?:\s+(\d+))?\s*$/;
const FEW = 8; // as many as "strongest" alone means
const pairsOf = (raw) => (Array.isArray(raw) ? raw : [raw]).map((part) => (Array.isArray(part) ? part : [part, 1]));

/** "3, 17, -2*40": channels as a person writes them, a weight before its channel. */
const shown = (raw) => pairsOf(raw).map(([number, weight]) => (weight === 1 ? number : `${weight}*${number}`)).join(", ");

/** What a person wrote as a recipe has it; what is none stays a text, which the studio refuses in words. */
function read(text) {
  const parts = text.split(",").map((part) => part.trim()).filter(Boolean);
  const pairs = parts.map((part) => part.split("*").map(Number)).map((found) => (found.length > 1 ? [found[1], found[0]] : [found[0], 1]));
  if (pairs.some((pair) => pair.some(Number.isNaN))) return text;
  return pairs.every(([, weight]) => weight === 1) ? pairs.map(([number]) => number) : pairs;
}

export function Channels({ of, id, form, raw, put, fault }) {
  const ranked = typeof raw === "string" ? raw.match(RANKED) : null;
  const way = ranked?.[1] ?? (Array.isArray(raw) && raw.length === 0 ? "all" : "these");
  const turn = (next) => put({ all: [], these: [0] }[next] ?? `${next} ${ranked?.[2] ?? FEW}`);
  return html`<div class="number">
    <select id=${id} value=${way} onChange=${(event) => turn(event.target.value)}>
      <option value="all">all</option><option value="strongest">the strongest</option>
      <option value="weakest">the weakest</option><option value="these">these</option>
    </select>
    ${ranked && html`<${Typed} inputmode="numeric" value=${ranked[2] ?? FEW} aria-label=${`${of}, how many`}
      put=${(text) => put(`${way} ${Number(text) || FEW}`)} />`}
    ${way === "these" && html`<${Typed} class="wide" value=${typeof raw === "string" ? raw : shown(raw)} aria-label=${`${of}, numbers`}
      placeholder="3, 17, 2*40" title=${form.allowed} aria-invalid=${fault ? "true" : "false"} put=${(text) => put(read(text))} />`}
  </div>`;
}
