// What is on the stage: its name, how far it is, and what is wrong with it.
import { html } from "../html.js";
import { item } from "../state.js";
import { duration, pace, stateWords } from "../words.js";
import { plays } from "./show.js";

export function Title() {
  const facts = item.value;
  return html`<div class="title">
    <h2>${facts.name}</h2>
    ${plays(facts) ? html`<${State} facts=${facts} />` : html`<span class="soft">${KINDS[facts.kind] ?? facts.kind}</span>`}
    ${facts.faults?.length ? html`<details class="faults"><summary>${facts.faults.length === 1 ? "1 fault" : `${facts.faults.length} faults`}</summary>
      <ul>${facts.faults.map((words) => html`<li key=${words}>${words}</li>`)}</ul></details>` : null}
  </div>`;
}

const KINDS = { picture: "picture", song: "song", recipe: "recipe", video: "video", file: "file" };

/** "dreaming · 120 of 300 frames · 3:25 left". */
function State({ facts }) {
  const parts = [];
  if (facts.frames_total) parts.push(`${facts.frames_done} of ${facts.frames_total} frames`);
  if (facts.state === "running" && facts.eta_seconds) parts.push(`${duration(facts.eta_seconds)} left`);
  if (facts.state === "running" && facts.seconds_per_frame) parts.push(pace(facts.seconds_per_frame));
  if (facts.state === "done") parts.splice(0, 1, `${facts.frames_done} frames, ${duration(facts.frames_done / (facts.fps || 24))}`);
  if (facts.size) parts.push(`${facts.size[0]}×${facts.size[1]}`);
  return html`<span class=${`state is-${facts.state}`}><i aria-hidden="true"></i>${stateWords(facts)}</span>
    <span class="soft facts">${parts.join(" · ")}</span>`;
}
