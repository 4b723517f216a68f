// What is on the stage: its name, how far it is, what is wrong with it, and what may be done with it as a whole.
import { post } from "../api.js";
import { Menu } from "../gallery/menu.js";
import { html } from "../html.js";
import { item, keepQueue } from "../state.js";
import { duration, kindWords, pace, stateWords } from "../words.js";
import { canFall } from "./fall.js";
import { plays } from "./show.js";

export function Title() {
  const facts = item.value;
  return html`<div class="title">
    <h2 title=${facts.name}>${facts.name}</h2>
    ${plays(facts) ? html`<${State} facts=${facts} />` : html`<span class="soft facts">${kindWords(facts.kind)}${canFall(facts) && html`<span class="more"> · click where the dream should fall into it</span>`}</span>`}
    <span class="space"></span>
    ${facts.faults?.length ? html`<${Faults} faults=${facts.faults} wayOn=${facts.way_on} />` : null}
    ${plays(facts) && html`<${Deed} facts=${facts} />`}
    <${Menu} facts=${facts} />
  </div>`;
}

/** "dreaming · 120 of 300 frames · 3:25 left". */
function State({ facts }) {
  const { state, frames_done: done, frames_total: total, seconds_per_frame: speed, eta_seconds: eta, size } = facts;
  const far = state === "done" ? duration(done / (facts.fps || 24)) : total ? html`${done} of ${total}<span class="more"> frames</span>` : "";
  const parts = state === "done" ? [`${done} frames`] : [];
  if (state === "running" && eta) parts.push(`${duration(eta)} left`);
  if (state === "running" && speed) parts.push(pace(speed));
  if (total && size?.[0]) parts.push(`${size[0]}×${size[1]}`);
  return html`<span class=${`state is-${state}`}><i aria-hidden="true"></i><span class="word">${stateWords(facts)}</span></span>
    <span class="soft facts">${far}<span class="more">${parts.map((part, place) => (far || place ? ` · ${part}` : part)).join("")}</span></span>`;
}

function Faults({ faults, wayOn }) {
  const words = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return html`<details class="faults"><summary>${words}</summary><ul>${faults.map((each) => html`<li key=${each}>${each}</li>`)}${wayOn && html`<li class="soft">${wayOn}</li>`}</ul></details>`;
}

/** Pause what is being dreamed; go on with what is not finished. */
function Deed({ facts }) {
  const act = (deed) => post(`/api/items/${facts.id}/${deed}`).then(keepQueue, () => {});
  if (facts.state === "running") return html`<button class="deed" onClick=${() => act("pause")}>Pause</button>`;
  const canGoOn = facts.state === "interrupted"; // of what is damaged the command refuses it
  return canGoOn && html`<button class="deed" onClick=${() => act("resume")}>Go on</button>`;
}
