// The queue: what is at work, what waits and in which order, what became of the rest.
import { useRef, useState } from "preact/hooks";
import { ask, frameUrl, get, post } from "./api.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { Inbox } from "./inbox.js";
import { Waiting } from "./queue/waiting.js";
import { choose, items, jobs, keepQueue, panel, queueMoved, queuePaused, queueTrouble, room, tell } from "./state.js";
import { duration } from "./words.js";

const SHOWN = 6; // of what has ended, until more is asked for
const WIDTH = 192; // of pictures: the gallery asks for the same
const CALM = 2000; // milliseconds between two pictures of what grows

/** Seconds that a job still takes: of a clip as it tells itself, by its latest frames; null where nobody knows. */
function secondsLeft(job) {
  const made = items.value.get(job.item);
  if (job.state !== "running" || !job.progress || job.progress.done === job.progress.total) return null;
  return (made?.state === "running" && made.eta_seconds) || job.progress.left;
}

/** How far a job is, in words: "120 of 300 frames, 3:25 left". */
export function far(job) {
  const told = job.progress;
  if (job.stopping) return "stopping after this frame";
  if (!told) return job.state === "running" ? "getting ready" : "";
  const seconds = secondsLeft(job);
  const unit = told.total === 1 ? told.unit : `${told.unit}s`;
  const left = seconds === null ? "" : `, ${duration(seconds)} left`;
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
  const held = !running.length && waiting > 0 && queuePaused.value && "paused";
  const rest = [waiting && `${waiting} waiting`, held, failed && `${failed} failed`];
  const words = [now, ...rest].filter(Boolean).join(" · ");
  const brief = running.length ? short(running[0]) : rest.find(Boolean);
  const open = () => {
    panel.value = "queue";
    room.value = "panel";
  };
  return html`<button class=${`queue-chip ${running.length ? "is-running" : ""}`} onClick=${open}
    title="Open the queue" aria-label=${`Queue: ${queueTrouble.value || words}`}>
    ${running.length > 0 && html`<span class="dot" aria-hidden="true"></span>`}
    <span class="text">${queueTrouble.value ? "The queue is held up" : words}</span>
    <span class="brief">${queueTrouble.value ? "Held up" : brief}</span></button>`;
}

function short(job) {
  const told = job.progress;
  if (job.stopping) return "stopping";
  if (!told) return "getting ready";
  const seconds = secondsLeft(job);
  return seconds === null ? `${told.done} of ${told.total}` : `${duration(seconds)} left`;
}

export function Queue() {
  const by = (...states) => jobs.value.filter((job) => states.includes(job.state));
  const [running, waiting, ended] = [by("running"), by("waiting"), by("done", "stopped", "failed")];
  return html`<div class="queue">
    <div class="queue-head">
      <p class="soft">${sentence(running, waiting)}</p>
      ${(waiting.length > 0 || queuePaused.value) && html`<button aria-pressed=${queuePaused.value}
        onClick=${() => post(`/api/queue/${queuePaused.value ? "go" : "pause"}`).then(keepQueue)}
        >${icon(queuePaused.value ? "play" : "pause")}${queuePaused.value ? "Go on with the list" : "Pause the list"}</button>`}
    </div>
    ${queueTrouble.value && html`<p class="trouble" role="alert">${queueTrouble.value}</p>`}
    ${running.map((job) => html`<${Running} key=${job.id} job=${job} />`)}
    ${waiting.length > 0 && html`<${Waiting} waiting=${waiting} />`}
    ${ended.length > 0 && html`<${Finished} ended=${ended} />`}
    <${Inbox} />
  </div>`;
}

function sentence(running, waiting) {
  if (!running.length && !waiting.length) return "Nothing is waiting. What you begin to dream appears here, and goes on when this page is closed.";
  if (queueMoved.value) return "This folder has come from another place, so nothing begins by itself. Look at what waits, then go on.";
  if (queuePaused.value) {
    return running.length ? "Paused: what is at work ends, and nothing follows." : "Paused: nothing begins until you go on.";
  }
  return running.length ? "One after another. This page may be closed meanwhile." : "About to begin.";
}

function Running({ job }) {
  const told = job.progress;
  const share = told?.total ? told.done / told.total : 0;
  const [log, logButton] = useLog(job);
  return html`<article class="job is-running" aria-label=${job.title}>
    <div class="row"><${Face} job=${job} /><span class="what"><${Title} job=${job} /><span class="soft">${pace(told)}</span></span></div>
    <div class="bar" role="progressbar" aria-label=${job.title} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.round(100 * share)} aria-valuetext=${far(job)}><span style=${{ width: `${100 * share}%` }}></span></div>
    <div class="row"><span class="what">${far(job)}</span>${logButton}
      <button disabled=${job.stopping} onClick=${() => post(`/api/queue/${job.id}/stop`).then(keepQueue)}
        aria-label=${`Stop: ${job.title}`}>Stop</button>
    </div>
    ${log}
  </article>`;
}

/** The newest picture of what a job makes: another one every few seconds. */
function Face({ job }) {
  const made = items.value.get(job.item);
  const shown = useRef({ frame: 0, at: 0 });
  const now = performance.now();
  if (made?.frames_done && now - shown.current.at > CALM) shown.current = { frame: made.frames_done - 1, at: now };
  if (made?.frames_done) return html`<img class="face" src=${frameUrl(made.id, shown.current.frame, WIDTH)} alt="" />`;
  return made && html`<span class="face"></span>`;
}

/** A job's name; a button where what it makes is there to be looked at. */
export function Title({ job }) {
  if (!items.value.has(job.item)) return html`<span class="job-title">${job.title}</span>`;
  const show = () => {
    choose(job.item);
    room.value = "stage";
  };
  return html`<button class="plain job-title" title="Show it" onClick=${show}>${job.title}</button>`;
}

function Finished({ ended }) {
  const [all, setAll] = useState(false);
  const shown = all ? ended : ended.slice(0, SHOWN);
  return html`<section aria-label="Finished">
    <div class="queue-head"><h3>Finished</h3>
      <button class="plain" onClick=${() => post("/api/queue/clear").then(keepQueue)}>Clear</button></div>
    <ul>${shown.map((job) => html`<${Past} key=${job.id} job=${job} />`)}</ul>
    ${ended.length > SHOWN && html`<button class="plain" onClick=${() => setAll(!all)}
      >${all ? "Show fewer" : `Show all ${ended.length}`}</button>`}
  </section>`;
}

function Past({ job }) {
  const [log, logButton] = useLog(job);
  const again = job.state === "stopped" ? "Go on" : "Try again";
  return html`<li class=${`job past is-${job.state}`}>
    <div class="row"><span class="what"><${Title} job=${job} /></span><span class="became">${job.state}</span>
      ${job.state === "done" && logButton}
      <button class="plain icon-only" aria-label=${`Remove from the list: ${job.title}`} title="Remove from the list"
        onClick=${() => remove(job)}>${icon("close")}</button></div>
    ${job.words && html`<p class="words">${job.words}</p>`}
    ${job.state !== "done" && html`<div class="row"><span class="what soft">${far(job)}</span>${logButton}
      <button aria-label=${`${again}: ${job.title}`} onClick=${() => post(`/api/queue/${job.id}/again`).then(keepQueue)}
        >${again}</button></div>`}
    ${log}
  </li>`;
}

/** Take a job out of the list; what it has made stays. */
export async function remove(job) {
  const before = jobs.value;
  jobs.value = before.filter(({ id }) => id !== job.id);
  try {
    keepQueue(await ask(`/api/queue/${job.id}`, { method: "DELETE" }));
  } catch {
    jobs.value = before; // it was told
    return;
  }
  tell(`${job.title}: out of the list.`);
}

/** What the command said, opened on demand: the log, and its button. */
function useLog(job) {
  const [text, setText] = useState(null);
  const open = async () => setText((await get(`/api/queue/${job.id}/log`)).log);
  const button = html`<button class="plain" aria-expanded=${text !== null} aria-label=${`What it said: ${job.title}`}
    onClick=${() => (text === null ? open() : setText(null))}>Log</button>`;
  const log = text !== null && html`<div class="log" tabindex="0" role="region" aria-label=${`Log of ${job.title}`}>
    <code>${job.command.join(" ")}</code>
    <pre>${text || "It has said nothing yet."}</pre>
  </div>`;
  return [log, button];
}
