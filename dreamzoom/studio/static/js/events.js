// What the server tells by itself. A stream that breaks is opened again where it was; nothing is lost.
import { get } from "./api.js";
import { chosen, connected, folder, follows, keep, keepQueue, lastFrame, loaded, lostFor, playhead, returns, told } from "./state.js";

const KINDS = ["reset", "item", "gone", "queue", "inbox", "preview", "draft", "beats"];
const WAITS = [1, 1, 2, 3, 5]; // seconds between tries; the last goes on

const listeners = new Map(); // kind of event → functions
let last = ""; // the id of the latest event that was told
let tries = 0;
let since = 0; // when the studio was lost
let source = null; // the stream

/** Call a function with the facts of each event of a kind. */
export function on(kind, react) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), react]);
}

/** Load everything, and with it the id of the last event that it holds. */
async function load() {
  const library = await get("/api/library", { quiet: true });
  told.value = new Map(library.items.map((facts) => [facts.id, facts]));
  folder.value = library.folder ?? "";
  last = library.last_event;
  keepQueue(await get("/api/queue", { quiet: true }));
  loaded.value = true;
}

function lose() {
  connected.value = false;
  since ||= Date.now();
  const wait = WAITS[Math.min(tries, WAITS.length - 1)];
  tries += 1;
  setTimeout(open, 1000 * wait);
}

function found() {
  connected.value = true;
  if (since) returns.value += 1;
  since = 0;
  tries = 0;
  lostFor.value = 0;
}

function open() {
  const own = new EventSource(`/api/events?last=${encodeURIComponent(last)}`);
  source = own;
  own.onopen = found;
  own.onerror = () => {
    own.close();
    lose();
  };
  for (const kind of KINDS) {
    own.addEventListener(kind, (event) => {
      last = event.lastEventId || last;
      for (const react of listeners.get(kind) ?? []) react(JSON.parse(event.data));
    });
  }
}

/** Load what is there, and listen from then on; once the server answers. */
export async function listen() {
  on("reset", () => { // what is told meanwhile is newer than what is loaded: it is told again afterwards
    source.close();
    load().then(open, lose);
  });
  on("item", keep);
  on("gone", ({ id }) => {
    const next = new Map(told.value);
    next.delete(id);
    told.value = next;
  });
  on("queue", keepQueue);
  on("item", ({ id }) => { if (id === chosen.value && follows.value) playhead.value = lastFrame.value; });
  setInterval(() => { lostFor.value = since ? Math.round((Date.now() - since) / 1000) : 0; }, 1000);
  await load();
  open();
}
