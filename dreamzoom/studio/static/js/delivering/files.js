// The files that were made, and those that are being made.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api.js";
import { html } from "../html.js";
import { chosen, item, jobs, returns } from "../state.js";
import { duration } from "../words.js";

const files = signal([]);
export const reported = signal(false);

/** What was made; and whether there is a report about what is on the stage. */
async function load() {
  const id = chosen.value;
  const found = await get(`/api/delivered${id ? `?item=${id}` : ""}`, { quiet: true });
  files.value = found.files;
  if (chosen.value === id) reported.value = found.has_report;
}

export function bytes(count) {
  const units = ["bytes", "KB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return power === 0 ? `${count} bytes` : `${(count / 1000 ** power).toFixed(count / 1000 ** power < 10 ? 1 : 0)} ${units[power]}`;
}

const isDelivery = (job) => job.command[1] === "deliver";

function Job({ job }) {
  const now = job.progress;
  const share = now?.total ? now.done / now.total : 0;
  const words = job.state === "running" ? (now?.total ? `${now.done} of ${now.total}` : "begins")
    : job.state === "waiting" ? job.waits || "waits for its turn" : job.words || job.state;
  return html`<li class=${job.state === "failed" ? "bad" : ""}><span>${job.title}</span> <span class="soft">${words}</span>
    ${job.state === "running" && html`<progress max="1" value=${share} aria-label=${job.title}></progress>`}</li>`;
}

export function Files() {
  const mine = jobs.value.filter((job) => isDelivery(job) && job.state !== "done" && job.state !== "stopped");
  const ended = jobs.value.filter((job) => ["deliver", "report"].includes(job.command[1]) && job.state === "done").map((job) => job.id).join();
  useEffect(() => { load().catch(() => {}); }, [ended, item.value?.id, returns.value]);
  const isOf = (file) => Number(file.name.startsWith(`${item.value?.name}-`));
  const sorted = [...files.value].sort((a, b) => isOf(b) - isOf(a) || b.changed - a.changed);
  if (!mine.length && !sorted.length) return null;
  return html`<section class="made" aria-label="Files"><h2>Files</h2>
    <ul>${mine.map((job) => html`<${Job} key=${job.id} job=${job} />`)}</ul>
    <ul>${sorted.map((file) => html`<li key=${file.id}>
      <span>${file.files === null ? file.name : `delivered/${file.name}`}</span>
      ${file.files === null && html`<a class="button" href=${`/api/delivered/${file.id}`} download=${file.name}
        aria-label=${`Download ${file.name}`}>Download</a>`}
      <span class="soft">${[bytes(file.bytes), file.seconds && (file.seconds < 10 ? `${file.seconds.toFixed(1)} s` : duration(file.seconds)),
        file.files !== null && `${file.files} pictures in a folder`].filter(Boolean).join(" · ")}</span></li>`)}</ul>
  </section>`;
}
