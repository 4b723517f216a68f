// What the server tells by itself: the browser opens the stream again by itself, with the id of the last event.
import { get } from "./api.js";
import { chosen, connected, folder, follows, items, jobs, keep, lastFrame, playhead, queuePaused } from "./state.js";

const listeners = new Map(); // kind of event → functions

/** Call a function with the facts of each event of a kind. */
export function on(kind, react) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), react]);
}

/** Load everything; the id of the last event that it holds. */
async function load() {
  const library = await get("/api/library");
  items.value = new Map(library.items.map((facts) => [facts.id, facts]));
  folder.value = library.folder ?? "";
  const queue = await get("/api/queue");
  jobs.value = queue.jobs;
  queuePaused.value = queue.paused;
  return library.last_event;
}

export async function listen() {
  const last = await load();
  const source = new EventSource(`/api/events?last=${encodeURIComponent(last)}`);
  source.onopen = () => { connected.value = true; };
  source.onerror = () => { connected.value = false; };
  on("reset", load);
  on("item", keep);
  on("gone", ({ id }) => {
    const next = new Map(items.value);
    next.delete(id);
    items.value = next;
  });
  on("queue", (queue) => { jobs.value = queue.jobs; queuePaused.value = queue.paused; });
  on("item", ({ id }) => { if (id === chosen.value && follows.value) playhead.value = lastFrame.value; });
  for (const kind of ["reset", "item", "gone", "queue", "preview"]) {
    source.addEventListener(kind, (event) => {
      for (const react of listeners.get(kind) ?? []) react(JSON.parse(event.data));
    });
  }
}
