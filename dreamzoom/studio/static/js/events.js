// What the server tells by itself, and what the page makes of it.
import { batch } from "@preact/signals";
import { get } from "./api.js";
import { join } from "./events/join.js";
import { chosen, connected, folder, follows, keep, keepQueue, lastFrame, loaded, lostFor, playhead, returns, told } from "./state.js";

const TOGETHER = 250; // ms for which what was found in checks is gathered: each change draws the gallery anew
const AGAIN = 2000; // ms until what could not be loaded is tried again

const listeners = new Map(); // kind of event → functions
let last = { run: "", number: 0 }; // the latest event that the page knows of
let held = null; // events that come while everything is loaded: what is told meanwhile may be newer
let since = 0; // when the studio was lost
const checked = new Map(); // id → facts of items of which a check has ended just now
let settling = 0;

/** Call a function with the facts of each event of a kind. */
export function on(kind, react) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), react]);
}

/** An event's id: the server's run, and the event's number in it. */
function read(id) {
  const [run, number] = id.split("-");
  return { run, number: Number(number) };
}

/** Load everything; the id of the last event that it holds. */
async function load() {
  held = [];
  const library = await get("/api/library", { quiet: true });
  checked.clear(); // what was loaded is newer
  told.value = new Map(library.items.map((facts) => [facts.id, facts]));
  folder.value = library.folder ?? "";
  last = read(library.last_event);
  keepQueue(await get("/api/queue", { quiet: true }));
  loaded.value = true;
  return library.last_event;
}

/** What was told while everything was loaded. */
function release() {
  const events = held;
  held = null;
  for (const event of events) hear(event);
}

function reload() {
  load().then(release, () => setTimeout(reload, AGAIN));
}

function hear(event) {
  if (event.state) (event.state === "found" ? find : lose)();
  else if (held) held.push(event);
  else react(event);
}

function react({ kind, id, data }) {
  const { run, number } = read(id);
  const isKnown = run === last.run ? number <= last.number : kind !== "reset"; // another run begins with a reset
  if (isKnown) return;
  if (kind === "reset") reload();
  else last.number = number;
  for (const each of listeners.get(kind) ?? []) each(JSON.parse(data));
}

function lose() {
  connected.value = false;
  since ||= Date.now();
}

function find() {
  connected.value = true;
  if (since) returns.value += 1;
  since = 0;
  lostFor.value = 0;
}

/** Keep what is told of an item; the playhead goes with its newest frame where it follows that. */
export function keepNow(facts) {
  batch(() => {
    keep(facts);
    if (facts.id === chosen.value && follows.value) playhead.value = lastFrame.value;
  });
}

let take = keepNow;

/** Let a function take the facts of items instead, which keeps them by `keepNow` then. */
export function takeItemsWith(react) {
  take = react;
}

/** Keep what is told of an item: at once, but for those of which a check has ended, which a folder has hundreds of. */
function hearOf(facts) {
  const wasChecked = told.value.get(facts.id)?.state === "unexamined" && facts.id !== chosen.value;
  checked.delete(facts.id);
  if (!wasChecked) take(facts);
  else {
    checked.set(facts.id, facts);
    settling ||= setTimeout(settle, TOGETHER);
  }
}

function settle() {
  settling = 0;
  const all = [...checked.values()];
  checked.clear();
  batch(() => all.forEach((facts) => take(facts)));
}

/** Load what is there, and listen from then on; once the server answers. */
export async function listen() {
  on("item", hearOf);
  on("gone", ({ id }) => {
    checked.delete(id);
    const next = new Map(told.value);
    next.delete(id);
    told.value = next;
  });
  on("queue", keepQueue);
  setInterval(() => { lostFor.value = since ? Math.round((Date.now() - since) / 1000) : 0; }, 1000);
  const begin = await join(hear);
  begin(await load());
  release();
}
