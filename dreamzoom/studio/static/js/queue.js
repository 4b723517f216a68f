// The queue: what is at work, what waits and in which order, what became of the rest.
import { useState } from "preact/hooks";
import { ask, frameUrl, get, post } from "./api.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { Inbox } from "./inbox.js";
import { Waiting } from "./queue/waiting.js";
import { choose, items, jobs, panel, queuePaused, queueTrouble, room, tell } from "./state.js";
import { duration } from "./words.js";

const SHOWN = 6; // of what has ended, until more is asked for

/** How far a job is, in words: "120 of 300 frames, 3:25 left". */
export function far(job) {
  const told = job.progress;
  if (job.stopping) return "stopping after this frame";
  if (!told) return job.state === "running" ? "getting ready" : "";
  const unit = told.total === 1 ? told.unit : `${told.unit}s`;
  const left = told.left === null || told.done === told.total ? "" : `, ${duration(told.left)} left`;
  return `${told.done} of ${told.total} ${unit}${left}`;
}

const pace = (told) => {
  if (!told?.rate) return "";
  return told.rate >= 1 ? `${told.rate.toFixed(1)} ${told.unit}s a second` : `${(1 / told.rate).toFixed(1)} s a ${told.unit}`;
};

/** In the header: what is at work, and how much waits. A click opens the queue. */
export function QueueChip() {
  const running = jobs.value.filter((job) => job.state === "running");
  const waiting = jobs.value.filter((job) => job.state === "waiting").length;
  const failed = jobs.value.filter((job) => job.state === "failed").length;
  if (!running.length && !waiting && !failed && !queueTrouble.value) return null;
  const more = running.length > 1 ? ` and ${running.length - 1} more` : "";
  const now = running.length ? `${running[0].title}${more}, ${short(running[0])}` : "";
  const words = [now, waiting && `${waiting} waiting`, !running.length && waiting && queuePaused.value && "paused",
    failed && `${failed} failed`].filter(Boolean).join(" · ");
  const open = () => {
    panel.value = "queue";
    room.value = "panel";
  };
  return html`<button class=${`queue-chip ${running.length ? "is-running" : ""}`} onClick=${open} title="Open the queue">
    ${running.length > 0 && html`<span class="dot" aria-hidden="true"></span>`}
    <span class="text">${queueTrouble.value ? "The queue is held up" : words}</span></button>`;
}

function short(job) {
  const told = job.progress;
  if (job.stopping) return "stopping";
  if (!told) return "getting ready";
  return told.left === null ? `${told.done} of ${told.total}` : `${duration(told.left)} left`;
}

export function Queue() {
  const by = (...states) => jobs.value.filter((job) => states.includes(job.state));
  const [running, waiting, ended] = [by("running"), by("waiting"), by("done", "stopped", "failed")];
  return html`<div class="queue">
    <div class="queue-head">
      <p class="soft">${sentence(running, waiting)}</p>
      ${(waiting.length > 0 || queuePaused.value) && html`<button aria-pressed=${queuePaused.value}
        onClick=${() => post(`/api/queue/${queuePaused.value ? "go" : "pause"}`).then(take)}
        >${icon(queuePaused.value ? "play" : "pause")}${queuePaused.value ? "Go on" : "Pause the list"}</button>`}
    </div>
    ${queueTrouble.value && html`<p class="trouble" role="alert">${queueTrouble.value}</p>`}
    ${running.map((job) => html`<${Running} key=${job.id} job=${job} />`)}
    ${waiting.length > 0 && html`<${Waiting} waiting=${waiting} take=${take} />`}
    ${ended.length > 0 && html`<${Ended} ended=${ended} />`}
    <${Inbox} />
  </div>`;
}

function sentence(running, waiting) {
  if (!running.length && !waiting.length) return "Nothing is waiting. What you begin to dream appears here, and goes on when this page is closed.";
  if (queuePaused.value) {
    return running.length ? "Paused: what is at work goes on to its end, and nothing follows." : "Paused: nothing begins until you go on.";
  }
  return running.length ? "One after another. This page may be closed meanwhile." : "About to begin.";
}

/** What the server answers to a change is the queue as it is now. */
function take(queue) {
  jobs.value = queue.jobs;
  queuePaused.value = queue.paused;
}

function Running({ job }) {
  const told = job.progress;
  const share = told?.total ? told.done / told.total : 0;
  return html`<article class="job is-running" aria-label=${job.title}>
    <${Face} job=${job} width="480" />
    <div class="about"><${Title} job=${job} /><span class="pace soft">${pace(told)}</span></div>
    <div class="bar" role="progressbar" aria-label=${job.title} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.round(100 * share)} aria-valuetext=${far(job)}><span style=${{ width: `${100 * share}%` }}></span></div>
    <div class="about"><span>${far(job)}</span><span class="acts">
      <${Log} job=${job} />
      <button disabled=${job.stopping} onClick=${() => post(`/api/queue/${job.id}/stop`).then(take)}
        aria-label=${`Stop: ${job.title}`}>Stop</button>
    </span></div>
  </article>`;
}

/** The newest picture of what a job makes. */
export function Face({ job, width }) {
  const made = items.value.get(job.item);
  if (!made) return job.state === "running" ? html`<div class="face is-empty"></div>` : null;
  const source = made.frames_done ? frameUrl(made.id, made.frames_done - 1, width)
    : made.kind === "picture" ? `/api/items/${made.id}/picture?width=${width}` : null;
  return source ? html`<img class="face" src=${source} alt="" />` : html`<div class="face is-empty"></div>`;
}

/** A job's name; a button where what it makes is there to be looked at. */
export function Title({ job }) {
  if (!items.value.has(job.item)) return html`<span class="title">${job.title}</span>`;
  const show = () => {
    choose(job.item);
    room.value = "stage";
  };
  return html`<button class="plain title" title="Show it" onClick=${show}>${job.title}</button>`;
}

function Ended({ ended }) {
  const [all, setAll] = useState(false);
  const shown = all ? ended : ended.slice(0, SHOWN);
  return html`<section aria-label="Finished">
    <div class="queue-head"><h3>Finished</h3>
      <button class="plain" onClick=${() => post("/api/queue/clear").then(take)}>Clear</button></div>
    <ul>${shown.map((job) => html`<${Past} key=${job.id} job=${job} />`)}</ul>
    ${ended.length > SHOWN && html`<button class="plain" onClick=${() => setAll(!all)}
      >${all ? "Show fewer" : `Show all ${ended.length}`}</button>`}
  </section>`;
}

const BECAME = { done: "done", stopped: "stopped", failed: "failed" };

function Past({ job }) {
  const again = job.state === "stopped" ? "Go on" : "Try again";
  return html`<li class=${`job past is-${job.state}`}>
    <div class="about"><${Title} job=${job} /><span class=${`chip became is-${job.state}`}>${BECAME[job.state]}</span></div>
    ${job.words && html`<p class=${job.state === "failed" ? "bad words" : "soft words"}>${job.words}</p>`}
    <div class="about"><span class="soft">${job.state === "done" ? "" : far(job)}</span><span class="acts">
      <${Log} job=${job} />
      ${job.state !== "done" && html`<button aria-label=${`${again}: ${job.title}`}
        onClick=${() => post(`/api/queue/${job.id}/again`).then(take)}>${again}</button>`}
      <button class="plain icon-only" aria-label=${`Remove from the list: ${job.title}`} title="Remove from the list"
        onClick=${() => remove(job)}>${icon("close")}</button>
    </span></div>
  </li>`;
}

/** Take a job out of the list; what it has made stays. */
export async function remove(job) {
  take(await ask(`/api/queue/${job.id}`, { method: "DELETE" }));
  tell(`${job.title}: out of the list.`);
}

/** What the command said, opened on demand. */
function Log({ job }) {
  const [text, setText] = useState(null);
  const open = async () => setText((await get(`/api/queue/${job.id}/log`)).log);
  return html`<button class="plain" aria-expanded=${text !== null} aria-label=${`What it said: ${job.title}`}
    onClick=${() => (text === null ? open() : setText(null))}>Log</button>
    ${text !== null && html`<div class="log" tabindex="0" role="region" aria-label=${`Log of ${job.title}`}>
      <code>${job.command.join(" ")}</code>
      <pre>${text || "It has said nothing yet."}</pre>
    </div>`}`;
}
