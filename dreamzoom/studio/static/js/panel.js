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
    <div class="tabs" role="tablist">
      ${TABS.map(([id, words]) => html`<button key=${id} role="tab" id=${`tab-${id}`} aria-controls="panel-body"
        aria-selected=${id === name} tabindex=${id === name ? 0 : -1} onClick=${() => { panel.value = id; }}
        >${words}</button>`)}
    </div>
    <div class="body" id="panel-body" role="tabpanel" aria-labelledby=${`tab-${name}`} tabindex="-1"><${Body} /></div>
  </section>`;
}
