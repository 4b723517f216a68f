// Cards with previews: one is chosen of them; arrows go among them, Enter chooses, a preview plays where one looks.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { icon } from "../icons.js";
import { aspect, faultOf, movingOf, ownPicture, stillOf } from "./previews.js";

export const playsAll = signal(false); // whether all previews play, not only the one that is looked at
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** A group of cards; `label` is its name. The arrow keys go from card to card, by rows as they stand. */
export function Cards({ label, narrow, children }) {
  return html`<div class=${`cards ${narrow ? "is-narrow" : ""}`} role="radiogroup" aria-label=${label} onKeyDown=${move}>
    ${children}
  </div>`;
}

function move(event) {
  const cards = [...event.currentTarget.querySelectorAll("[role=radio]")];
  const here = cards.indexOf(event.target.closest("[role=radio]"));
  if (here < 0) return;
  const columns = cards.filter((card) => card.offsetTop === cards[0].offsetTop).length;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  const to = event.key === "Home" ? 0 : event.key === "End" ? cards.length - 1 : here + (by ?? NaN);
  if (Number.isNaN(to)) return;
  event.preventDefault();
  event.stopPropagation();
  cards[Math.min(Math.max(0, to), cards.length - 1)].focus();
}

/** A look as a card. `entry`: whether the Tab key comes to this one of its group. */
export function LookCard({ look, isChosen, entry, onChoose, note }) {
  const [looked, setLooked] = useState(false);
  const off = look.missing || faultOf(look.id);
  const [still, own] = [stillOf(look.id), ownPicture.value];
  const plays = movingOf(look.id) && (playsAll.value || (looked && !calm.matches));
  const words = [look.title, look.description, look.cost].filter(Boolean).join(", ");
  return html`<button class="look" role="radio" aria-checked=${isChosen} aria-label=${off ? `${words}. ${off}` : words}
    aria-disabled=${off ? true : undefined} tabindex=${entry ? 0 : -1} title=${look.description} data-look=${look.id}
    onMouseEnter=${() => setLooked(true)} onMouseLeave=${() => setLooked(false)}
    onFocus=${() => setLooked(true)} onBlur=${() => setLooked(false)} onClick=${() => { if (!off) onChoose(look); }}>
    <span class="face" style=${{ aspectRatio: aspect.value }}>
      ${still ? html`<img alt="" src=${plays ? movingOf(look.id) : still} />`
        : html`<span class="blank">${own && html`<img class="before" alt="" src=${own} />`}${off ? icon("close") : ""}</span>`}
      ${isChosen && html`<span class="tick">${icon("tick")}</span>`}
    </span>
    <span class="name">${look.title}${note && html` <span class="soft">${note}</span>`}</span>
    <span class=${`about ${off ? "is-whole" : ""}`}>${look.missing ? html`Needs another model: <code>${look.missing}</code>` : faultOf(look.id) || look.description}</span>
    ${look.cost && html`<span class=${`cost ${look.cost.endsWith("slow") ? "is-slow" : ""}`}>${look.cost}</span>`}
  </button>`;
}
