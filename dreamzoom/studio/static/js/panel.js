// The panel beside the stage: a tab for each thing that a person does with what is on the stage.
import { Deliver } from "./deliver.js";
import { Direct } from "./direct.js";
import { Film } from "./film.js";
import { html } from "./html.js";
import { Looks } from "./looks.js";
import { Queue } from "./queue.js";
import { panel } from "./state.js";
import { Takes } from "./takes.js";

const TABS = [
  ["look", "Look", Looks],
  ["direct", "Direct", Direct],
  ["takes", "Takes", Takes],
  ["film", "Film", Film],
  ["deliver", "Deliver", Deliver],
  ["queue", "Queue", Queue],
];

export function Panel() {
  const [name, , Body] = TABS.find(([id]) => id === panel.value) ?? TABS[0];
  return html`<section class="panel" aria-label="Direct it">
    <div class="tabs" role="tablist" aria-label="What to do" onKeyDown=${moveAmong}>
      ${TABS.map(([id, words]) => html`<button key=${id} role="tab" id=${`tab-${id}`} aria-controls="panel-body"
        aria-selected=${id === name} tabindex=${id === name ? 0 : -1} onClick=${() => { panel.value = id; }}
        >${words}</button>`)}
    </div>
    <div class="body" key=${name} id="panel-body" role="tabpanel" aria-labelledby=${`tab-${name}`} tabindex="0"><${Body} /></div>
  </section>`;
}

/** The arrow keys go from tab to tab. */
function moveAmong(event) {
  const tabs = TABS.map(([id]) => id);
  const here = tabs.indexOf(panel.value);
  const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return;
  panel.value = tabs.at(to % tabs.length);
  document.getElementById(`tab-${panel.value}`).focus();
  event.preventDefault();
  event.stopPropagation();
}
