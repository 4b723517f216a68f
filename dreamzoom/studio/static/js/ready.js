// What has become ready, or has failed: said quietly in a corner, and in the browser's tab while nobody looks.
import { effect, signal } from "@preact/signals";
import { post } from "./api.js";
import { isDelivery, showFile } from "./delivering/files.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { choose, items, jobs, keepQueue, loaded, panel, room, told } from "./state.js";
import { duration } from "./words.js";

const STAYS_MS = 12_000; // for which what is ready is shown, while somebody looks; what failed stays
const MOST = 4; // at a time; the oldest goes first
const SILENT = ["listen", "plot", "recipe"]; // commands of which only a failure is told: the page shows the rest by itself
const NAME = document.title;

const notices = signal([]); // {key, title, words, bad, acts}: acts are a button's words and what it does, or an address
const isHidden = () => document.visibilityState === "hidden";

let unseen = []; // titles of what came while nobody looked

function say(notice) {
  notices.value = [...notices.value.filter(({ key }) => key !== notice.key), notice].slice(-MOST);
  if (isHidden()) {
    unseen = [...unseen, `${notice.title}: ${notice.bad ? "failed" : "ready"}`];
    document.title = `${unseen.length > 1 ? `(${unseen.length}) ` : ""}${unseen.at(-1)} · ${NAME}`;
  } else leave(notice);
}

const close = (key) => { notices.value = notices.value.filter((each) => each.key !== key); };

/** Take it away after a while; what failed is for the person to close. */
function leave(notice) {
  if (!notice.bad) setTimeout(() => { if (notices.value.includes(notice)) close(notice.key); }, STAYS_MS);
}

function show(id) {
  choose(id);
  room.value = "stage";
}

function open(tab) {
  panel.value = tab;
  room.value = "panel";
}

/** What a person may do with what a job has made. */
function wayTo(job) {
  if (job.command[1] === "report") return [["Open", `/api/items/${job.item}/report`]];
  if (job.command[1] === "verify") return [["What it found", () => open("queue")]];
  if (isDelivery(job)) return [["Show", () => (items.value.has(job.item) ? showFile(job.item) : open("deliver"))]];
  return job.item ? [["Show", () => show(job.item)]] : [];
}

function tellOf(job) {
  const took = job.began && job.ended ? job.ended - job.began : 0;
  if (job.state === "done") {
    if (SILENT.includes(job.command[1])) return;
    say({ key: job.id, title: job.title, words: took < 1 ? "Ready" : `Ready, after ${duration(took)}`, acts: wayTo(job) });
    return;
  }
  const again = () => post(`/api/queue/${job.id}/again`).then((queue) => {
    close(job.id);
    keepQueue(queue);
  }).catch(() => {});
  const acts = [[job.state === "failed" ? "Try again" : "Go on", again], ["Queue", () => open("queue")]];
  say({ key: job.id, title: job.title, words: job.words || "It failed: the Queue tab shows what it said.", bad: true, acts });
}

/** Whether something more became of a job than a person asked for. */
const hasNews = (job) => job.state === "done" || job.state === "failed" || (job.state === "stopped" && job.words);

/** Look from now on for what is done or fails, in the queue and in a terminal. */
export function beginTelling() {
  let before = null; // id → state of each job, once the queue is known
  effect(() => {
    if (!loaded.value) return;
    const now = new Map(jobs.value.map((job) => [job.id, job.state]));
    if (before) for (const job of jobs.value) if (hasNews(job) && before.get(job.id) !== job.state) tellOf(job);
    const gone = notices.peek().filter(({ key, bad }) => bad && before?.has(key) && !["failed", "stopped"].includes(now.get(key)));
    if (gone.length) notices.value = notices.peek().filter((each) => !gone.includes(each));
    before = now;
  });
  let states = null; // id → state of each clip and film, once the library is known
  effect(() => {
    if (!loaded.value) return;
    const clips = [...told.value.values()].filter(({ state }) => state);
    if (states) for (const facts of clips) if (facts.state === "done" && states.get(facts.id) === "running") tellOfClip(facts);
    states = new Map(clips.map(({ id, state }) => [id, state === "unexamined" ? states?.get(id) : state])); // what it was until it is checked
  });
  document.addEventListener("visibilitychange", () => {
    if (isHidden()) return;
    unseen = [];
    document.title = NAME;
    notices.value.forEach(leave);
  });
}

/** Of a clip that a terminal renders; of those in the queue their job tells. */
function tellOfClip(facts) {
  if (jobs.peek().some((job) => job.item === facts.id)) return;
  say({ key: facts.id, title: facts.name, words: "Ready", acts: [["Show", () => show(facts.id)]] });
}

export function Ready() {
  return html`<div class="ready" role="status" aria-live="polite" aria-label="Ready">
    ${notices.value.map((each) => html`<${Notice} key=${each.key} ...${each} id=${each.key} />`)}
  </div>`;
}

function Notice({ id, title, words, bad, acts }) {
  const act = (deed) => () => {
    if (!bad) close(id);
    deed();
  };
  return html`<div class=${`parcel ${bad ? "is-failed" : ""}`}>
    <div class="words"><span class="name">${title}</span><span class=${`line ${bad ? "bad" : "soft"}`}>${words}</span></div>
    <button class="plain icon-only" aria-label=${`Close: ${title}`} onClick=${() => close(id)}>${icon("close")}</button>
    <div class="acts">${acts.map(([told, way]) => (typeof way === "string"
      ? html`<a class="button small" key=${told} href=${way} target="_blank" rel="noopener noreferrer" aria-label=${`${told}: ${title}`} onClick=${() => close(id)}>${told}</a>`
      : html`<button class="small" key=${told} aria-label=${`${told}: ${title}`} onClick=${act(way)}>${told}</button>`))}</div>
  </div>`;
}
