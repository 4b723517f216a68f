// Files from a person: dropped anywhere on the page, pasted, or chosen with the button. One after the other is sent,
// with its progress in numbers, and becomes part of the plan. What a page that was left had not sent is told.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "./api.js";
import { cutOff, keepNotes } from "./drop/cut.js";
import { figuresOf, Pace } from "./drop/pace.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { beLookedAt } from "./looks/previews.js";
import { useItem, useLook, usePalette } from "./plan.js";
import { choose, keep, panel, room, tell } from "./state.js";
import { duration, size } from "./words.js";

const parcels = signal([]); // what is sent, in order: {key, name, file, state, sent, pace, words, facts}
const over = signal(false); // whether files are held over the page
const STAYS_MS = 8000; // for which what has come is shown

let limits = null; // what the server takes
let count = 0;
let sending = false;

function change(key, part) {
  parcels.value = parcels.value.map((parcel) => (parcel.key === key ? { ...parcel, ...part } : parcel));
  keepNotes(parcels.value);
}

function remove(key) {
  parcels.value = parcels.value.filter((parcel) => parcel.key !== key);
  keepNotes(parcels.value);
}

/** Send files, one after the other. `use` is called with what each has become; else it is part of the plan. */
export function sendFiles(files, use = null) {
  const added = [...files].map((file) => ({ key: ++count, name: nameOf(file), file, use, state: "waiting", sent: 0 }));
  parcels.value = [...parcels.value, ...added];
  keepNotes(parcels.value);
  if (!sending) work();
}

/** What is pasted is called "image.png" by browsers. */
function nameOf(file) {
  if (file.pasted) {
    const now = new Date();
    const two = (value) => String(value).padStart(2, "0");
    const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
    return `pasted ${day} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}.png`;
  }
  return file.name || "unnamed";
}

async function work() {
  sending = true;
  const used = new Set(); // one picture, one song and one look of all that are dropped at a time
  for (let next; (next = parcels.value.find((parcel) => parcel.state === "waiting"));) {
    change(next.key, { state: "sending" });
    try {
      limits ??= await get("/api/uploads", { quiet: true }).catch(() => { throw lost(); });
      const fault = faultOf(next);
      if (fault) throw new Error(fault);
      take(next, await send(next), used);
    } catch (error) {
      const words = error.message.replace(`${next.name}: `, "");
      change(next.key, { state: "failed", words, again: Boolean(error.isCutOff) });
    }
  }
  sending = false;
}

const lost = () => Object.assign(new Error("was cut off: is the studio still running?"), { isCutOff: true });

/** What is wrong with a file before it is sent; "" where nothing is. */
function faultOf({ name, file }) {
  const lower = name.toLowerCase();
  const kind = Object.keys(limits.endings).find((each) => limits.endings[each].some((ending) => lower.endsWith(ending)));
  const most = limits.largest[kind ?? "other"];
  if (file.size > most) return `has ${size(file.size)}: such a file may have ${size(most)}`;
  return file.size ? "" : "is empty, or a folder: drop the files in it";
}

/** Send a file; the facts that come back. */
function send({ key, name, file }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far it is
    const pace = new Pace();
    request.open("POST", `/api/uploads?name=${encodeURIComponent(name)}`);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => change(key, { sent: Math.min(loaded, file.size), pace: pace.after(loaded) });
    request.upload.onload = () => change(key, { sent: file.size, state: "reading", since: Date.now() });
    request.onload = () => {
      if (request.status === 200 && request.response) resolve(request.response);
      else reject(new Error(request.response?.error ?? `the studio answered ${request.status}`));
    };
    request.onerror = () => reject(lost());
    request.onabort = () => reject(new Error("was not sent"));
    change(key, { stop: () => request.abort() });
    request.send(file);
  });
}

const WORDS = {
  picture: "a picture", song: "a song", recipe: "a recipe", palette: "a palette", storyboard: "a storyboard",
  lyrics: "lyrics", beats: "a beat map", notes: "a MIDI file", font: "a font",
};

/** What has come becomes part of the plan. */
function take({ key, use }, { what, again, notes, ...facts }, used) {
  if (facts.id) keep(facts);
  const words = [WORDS[what] ?? what, again ? "which was here already" : "", ...notes].filter(Boolean).join("; ");
  change(key, { state: "done", words, facts: { ...facts, what } });
  setTimeout(() => { if (parcels.value.find((parcel) => parcel.key === key)?.state === "done") remove(key); }, STAYS_MS);
  if (use && facts.id) {
    use({ ...facts, what });
    return;
  }
  if (used.has(what) || !facts.id) return;
  used.add(what);
  if (what === "palette") usePalette({ item: facts.id });
  else if (["picture", "song", "recipe"].includes(facts.kind)) useItem(facts);
  else return;
  if (what === "picture") {
    choose(facts.id);
    if (panel.value === "look") beLookedAt();
  }
  if (!["look", "direct"].includes(panel.value)) panel.value = "direct";
  room.value = "panel";
}

/** Files of a drag: of none that is of the page itself, and of no link. */
const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

export function bindDrop() {
  let inside = 0; // elements that the drag is over, one within another
  const end = () => { inside = 0; over.value = false; };
  addEventListener("dragenter", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    inside += 1;
    over.value = true;
  });
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("dragleave", (event) => { if (holdsFiles(event) && --inside <= 0) end(); });
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    end();
    sendFiles(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea, [contenteditable]")) return;
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    for (const file of files) if (/^image\.\w+$/.test(file.name)) file.pasted = true;
    sendFiles(files);
  });
}

/** The button beside the search. */
export function AddFiles() {
  const field = useRef(null);
  const chosen = () => {
    sendFiles(field.current.files);
    field.current.value = "";
  };
  return html`<button class="icon-only add" aria-label="Add pictures, songs or recipes" title="Add pictures, songs or recipes"
      onClick=${() => field.current.click()}>${icon("add")}</button>
    <input type="file" multiple hidden ref=${field} onChange=${chosen} />`;
}

/** What is on its way, and where files would fall. */
export function Parcels() {
  const all = parcels.value;
  return html`
    <div class="parcels" role="status" aria-live="polite" aria-label="Files">
      ${cutOff.value.map((each) => html`<${CutOff} key=${each.key} cut=${each} />`)}
      ${all.map((parcel) => html`<${Parcel} key=${parcel.key} ...${parcel} id=${parcel.key} />`)}
    </div>
    ${over.value && html`<div class="landing" aria-hidden="true"><div>
      <strong>Drop it anywhere</strong>
      <span>a picture, a song, a recipe, or any file that dreamzoom made</span>
    </div></div>`}`;
}

/** What was being sent when a page was left: the file is with the person, who alone can send it again. */
function CutOff({ cut }) {
  const close = () => { cutOff.value = cutOff.value.filter((each) => each !== cut); };
  const far = cut.sent ? `was cut off after ${size(cut.size, cut.sent)}` : "was not sent any more";
  return html`<div class="parcel is-failed">
    <div class="words"><span class="name">${cut.name}</span><span class="line bad">${far}, as the page was left: drop it again</span></div>
    <button class="plain icon-only" aria-label=${`Close ${cut.name}`} onClick=${close}>${icon("close")}</button>
  </div>`;
}

function Parcel({ id, name, file, state, sent, pace, since, words, facts, again, stop }) {
  const [, tick] = useState(0);
  const isRead = state === "reading";
  useEffect(() => { // how long the studio has been reading is told by the second
    if (!isRead) return undefined;
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [isRead]);
  const total = Math.max(1, file.size);
  const figures = {
    waiting: `${size(file.size)}, waits`,
    sending: figuresOf(file.size, sent, pace),
    reading: `${size(file.size)} are here and are being read, ${duration((Date.now() - since) / 1000)}`,
  }[state];
  const ended = state === "done" || state === "failed";
  const close = () => {
    if (state === "sending" || state === "reading") stop?.();
    remove(id);
  };
  const useRecipe = () => {
    useLook({ item: facts.id });
    panel.value = "direct";
    tell("Its recipe is the look now");
  };
  const sendAgain = () => {
    remove(id);
    sendFiles([file]);
  };
  return html`<div class=${`parcel is-${state}`}>
    <div class="words"><span class="name">${name}</span><span class=${`line ${state === "failed" ? "bad" : "soft"}`}>${figures ?? words}</span></div>
    ${again && html`<button aria-label=${`Send ${name} again`} onClick=${sendAgain}>Send again</button>`}
    ${facts?.has_recipe && html`<button onClick=${useRecipe}>Use its recipe</button>`}
    <button class="plain icon-only" aria-label=${ended ? `Close ${name}` : `Do not send ${name}`} onClick=${close}>${icon("close")}</button>
    ${!ended && html`<progress max=${total} value=${sent} aria-label=${`${name}: how much is sent`}></progress>`}
  </div>`;
}
