// The Direct tab: what is directed, every change of it, and the one button.
import { html } from "./html.js";
import { asking, dropChange, fallAt, faults, from, goOn, isEmpty, plan } from "./plan.js";
import { whenAimed } from "./stage/fall.js";
import { items } from "./state.js";

whenAimed(fallAt);

export function Direct() {
  const changes = Object.entries(plan.changes.value);
  return html`<div class="direct">
    <ul class="changes" aria-label="What is changed">
      ${changes.map(([key, raw]) => html`<li key=${key}>
        <span>${key}</span> <span class="soft">${JSON.stringify(raw)}</span>
        <button class="plain" aria-label=${`Undo ${key}`} onClick=${() => dropChange(key)}>Undo</button>
        ${faults.value[key] && html`<p class="bad">${faults.value[key]}</p>`}
      </li>`)}
    </ul>
    <${Go} />
  </div>`;
}

/** The one button. */
function Go() {
  const of = items.value.get(plan.of.value);
  const words = !of ? "Dream it" : from.value === null ? "Dream it anew" : `Go on from frame ${from.value}`;
  const isOff = asking.value || (of && isEmpty.value);
  return html`<button class="main go" disabled=${isOff} onClick=${goOn}>${words}</button>`;
}
