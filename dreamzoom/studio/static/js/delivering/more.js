// What else can be made of what is on the stage: a report, its own video again, a loop, a longer clip, a proof.
import { useState } from "preact/hooks";
import { post } from "../api.js";
import { html } from "../html.js";
import { item, jobs, tell } from "../state.js";
import { reported } from "./files.js";

function Deed({ title, line, act, words, why = "", children }) {
  return html`<li class="deed"><div><strong>${title}</strong><span class="soft">${why || line}</span>${children}</div>
    <button disabled=${Boolean(why)} aria-label=${`${words}: ${title}`} onClick=${() => act().catch(() => {})}>${words}</button></li>`;
}

async function chore(command, told) {
  await post(`/api/items/${item.value.id}/${command}`);
  tell(told);
}

function Report({ facts }) {
  const own = jobs.value.filter((job) => job.command[1] === "report" && job.item === facts.id);
  const runs = own.some((job) => job.state === "running");
  const busy = runs || own.some((job) => job.state === "waiting");
  return html`<${Deed} title="Report" words=${runs ? "Writing" : busy ? "Waiting" : "Write"} act=${() => chore("report", "The report is in the queue.")}
    line="A page with its frames, curves and what is wrong with it." why=${!busy ? "" : runs ? "It is being written." : "It waits for its turn: the Queue tab shows when."}>
    ${reported.value && html`<a href=${`/api/items/${facts.id}/report`} target="_blank" rel="noopener noreferrer">Open the report</a>`}<//>`;
}

function Loop({ facts }) {
  const ofPicture = facts.kind === "picture";
  const make = async () => {
    const made = ofPicture ? await post("/api/clips", { picture: facts.id, changes: { "loop.depth": 16 } })
      : await post(`/api/items/${facts.id}/takes`, { changes: { "loop.close": Math.min(2, facts.frames_total / facts.fps / 2) } });
    tell(`${made.name} is in the queue.`);
  };
  const why = facts.is_loop ? "It is a loop already." : facts.kind === "film" ? "A film has an end: loops are made of clips and pictures." : "";
  const line = ofPicture ? "A new clip of this picture that zooms without an end." : "A new take whose last 2 seconds lead back to its first frame.";
  return html`<${Deed} title="Loop" words="Make" act=${make} line=${line} why=${why} />`;
}

function Extend({ facts }) {
  const [seconds, setSeconds] = useState(5);
  const why = facts.is_loop ? "A loop has no end to go on from." : "";
  const act = async () => {
    await post(`/api/items/${facts.id}/extend`, { seconds });
    tell(`${facts.name} gets ${seconds} seconds longer.`);
  };
  return html`<${Deed} title="Extend" words="Go on" act=${act} line="The same clip, longer; its frames stay." why=${why}>
    ${!why && html`<label>by <input type="number" min="1" max="3600" value=${seconds}
      onInput=${(event) => setSeconds(Math.max(1, Number(event.currentTarget.value) || 1))} /> seconds</label>`}<//>`;
}

export function More() {
  const facts = item.value;
  if (facts.kind === "picture") return html`<ul class="deeds"><${Loop} facts=${facts} /></ul>`;
  const isFilm = facts.kind === "film";
  const none = facts.frames_done > 0 ? "" : "It has no frame yet.";
  const running = facts.state === "running" ? "It is being made: then its video comes by itself." : "";
  return html`<h2>More</h2><ul class="deeds">
    ${facts.has_video && html`<li class="deed"><div><strong>Its own video</strong><span class="soft">As it was made, H.264 in MP4.</span></div>
      <a class="button" href=${`/api/items/${facts.id}/download`} download=${`${facts.name}.mp4`}>Download</a></li>`}
    <${Deed} title="Put together" words="Stitch" act=${() => chore("stitch", "It is in the queue.")} why=${none || running}
      line=${isFilm ? "Its video once more, from its scenes." : "Its own video once more, from the frames that there are."} />
    <${Report} facts=${facts} />
    ${facts.kind === "clip" && html`<${Loop} facts=${facts} /><${Extend} facts=${facts} />`}
    <${Deed} title="Verify" words="Verify" act=${() => chore("verify", "Every frame is looked at: the Queue tab tells what was found.")} why=${none}
      line="Hash every frame again: whether all is as it was made." />
  </ul>`;
}
