// The files that were made, what they are for, and those that are being made.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api.js";
import { html } from "../html.js";
import { icon } from "../icons.js";
import { choose, chosen, item, jobs, returns, room, tell } from "../state.js";
import { duration, moment, size } from "../words.js";

const FIRST = 5; // files that are shown at once: what else can be made stands below them
const files = signal([]);
export const reported = signal(false);

/** What was made; and whether there is a report about what is on the stage. */
async function load() {
  const id = chosen.value;
  const found = await get(`/api/delivered${id ? `?item=${id}` : ""}`, { quiet: true });
  files.value = found.files;
  if (chosen.value === id) reported.value = found.has_report;
}

/** Whether a job makes a file for somebody. */
export const isDelivery = ({ command }) => command[1] === "deliver" || (command[1] === "stitch" && command.includes("--out"));

/** Put a file on the stage, where it plays if the browser can play it. */
export function showFile(id) {
  choose(id);
  room.value = "stage";
}

async function remove(file) {
  const { trashed } = await post(`/api/delivered/${file.id}/trash`);
  files.value = files.value.filter(({ id }) => id !== file.id);
  tell(`${file.name} is in the trash.`, false, () => post(`/api/trash/${trashed}/back`).then(load).catch(() => {}));
}

const lasts = (seconds) => (seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds));

function File({ file }) {
  const isFolder = file.files !== null;
  const what = [size(file.bytes), file.seconds && lasts(file.seconds), isFolder && `${file.files} pictures in a folder`, `made ${moment(file.changed)}`];
  const purpose = file.for ? `${file.of} for ${file.for}${file.how ? `: ${file.how}` : ""}` : "";
  return html`<li class="file"><div><span>${isFolder || !file.place.startsWith("delivered/") ? file.place : file.name}</span>
      ${purpose && html`<span>${purpose}</span>`}<span class="soft">${what.filter(Boolean).join(" · ")}</span></div>
    <div class="deeds-row">
      ${file.shows && html`<button class="small" aria-label=${`Show ${file.name}`} onClick=${() => showFile(file.id)}>Show</button>`}
      ${!isFolder && html`<a class="button small" href=${`/api/delivered/${file.id}`} download=${file.name} aria-label=${`Download ${file.name}`}>Download</a>`}
      <button class="small plain" aria-label=${`Move ${file.name} to the trash`} onClick=${() => remove(file).catch(() => {})}>Remove</button>
    </div></li>`;
}

function Job({ job }) {
  const now = job.progress;
  const share = now?.total ? now.done / now.total : 0;
  const words = job.state === "running" ? (now?.total ? `${now.done} of ${now.total}` : "begins")
    : job.state === "waiting" ? job.waits || "waits for its turn" : job.words || job.state;
  return html`<li class=${job.state === "failed" ? "bad" : ""}><span>${job.title}</span> <span class="soft">${words}</span>
    ${job.state === "running" && html`<progress max="1" value=${share} aria-label=${job.title}></progress>`}</li>`;
}

export function Files() {
  const [isLong, setLong] = useState(false);
  const lengthen = () => {
    setLong(!isLong);
    load().catch(() => {}); // of many files not all that is told is known at first
  };
  const mine = jobs.value.filter((job) => isDelivery(job) && job.state !== "done" && job.state !== "stopped");
  const ended = jobs.value.filter((job) => (isDelivery(job) || job.command[1] === "report") && job.state === "done").map((job) => job.id).join();
  useEffect(() => { load().catch(() => {}); }, [ended, item.value?.id, returns.value]);
  const isOf = (file) => Number(file.of ? file.of === item.value?.name : file.name.startsWith(`${item.value?.name}-`));
  const sorted = [...files.value].sort((a, b) => isOf(b) - isOf(a) || b.changed - a.changed);
  if (!mine.length && !sorted.length) return null;
  return html`<section class="made" aria-label="Files"><h2>Files</h2>
    <ul>${mine.map((job) => html`<${Job} key=${job.id} job=${job} />`)}</ul>
    <ul>${sorted.slice(0, isLong ? undefined : FIRST).map((file) => html`<${File} key=${file.id} file=${file} />`)}</ul>
    ${sorted.length > FIRST && html`<button class="plain" aria-expanded=${isLong} onClick=${lengthen}>${isLong ? `Only ${FIRST}` : `All ${sorted.length} files`}</button>`}
  </section>`;
}
