// What every room of the page shares. What is true stands in the folder; this is what the page has been told.
import { computed, effect, signal, untracked } from "@preact/signals";

export const told = signal(new Map()); // id → facts of a clip, film, picture, song or recipe, as the server tells them
export const chosen = signal(null); // the id of the item on the stage
export const awaited = signal(null); // {id, frame}: what comes on the stage as soon as it is there
export const playhead = signal(0); // frame on the stage
export const follows = signal(true); // whether the playhead goes with the newest frame
export const speed = signal(0); // frames of film per frame of time: 0 stands still, -1 plays backwards
export const marks = signal({ from: null, to: null }); // the in and the out point; play keeps between them
export const repeats = signal(false); // whether play begins again at the end
export const panel = signal("direct"); // the open tab: look, direct, takes, film, deliver, queue
export const compared = signal(null); // the id of the take beside the chosen one
export const compareMode = signal("wipe"); // how the two are shown: side, wipe, difference
export const curveKey = signal(null); // the key of the recipe whose curve the timeline shows, "camera.zoom" say
export const jobs = signal([]); // the queue, in order
export const queuePaused = signal(false);
export const queueMoved = signal(false); // whether it is paused because the folder came from elsewhere
export const queueTrouble = signal(""); // why the queue does not get on
export const folder = signal("");
export const loaded = signal(false); // whether the library has been read
export const connected = signal(false);
export const returns = signal(0); // how often the studio has answered again: what was asked for meanwhile is asked again
export const lostFor = signal(0); // seconds since the studio was last heard, while it is not
export const notice = signal(null); // {text, bad, undo}
export const room = signal("stage"); // on a phone, what is below the stage: stage (timeline), gallery, panel

/** On a phone: whether the picture makes way for a room. Who directs or compares works on it. */
export const makesWay = computed(() => room.value === "gallery" || (room.value === "panel" && !["direct", "takes"].includes(panel.value)));

const waiting = computed(() => jobs.value.filter((job) => job.state === "waiting" && job.item).map((job) => job.item).join(" "));
/** The same, with what only the queue knows: which of those that were stopped wait for their turn. */
export const items = computed(() => {
  const ids = waiting.value.split(" ").filter((id) => told.value.get(id)?.state === "interrupted");
  if (!ids.length) return told.value;
  const next = new Map(told.value);
  for (const id of ids) next.set(id, { ...next.get(id), state: "waiting" });
  return next;
});
export const item = computed(() => items.value.get(chosen.value) ?? null);
export const lastFrame = computed(() => Math.max(0, (item.value?.frames_done ?? 0) - 1));
export const fps = computed(() => item.value?.fps || 24);

let closing = 0;

/** Tell a person something for some seconds; `undo` is a function that takes back what was done. */
export function tell(text, bad = false, undo = null) {
  notice.value = { text, bad, undo };
  clearTimeout(closing);
  closing = setTimeout(() => { notice.value = null; }, bad || undo ? 10000 : 4000);
}

/** Put an item on the stage, at its newest frame or at `frame`; what is not there yet, as soon as it is there. */
export function choose(id, frame = null) {
  const isThere = items.value.has(id);
  awaited.value = isThere ? null : { id, frame };
  if (isThere) put(id, frame);
}

effect(() => {
  const next = awaited.value;
  if (next && items.value.has(next.id)) untracked(() => choose(next.id, next.frame));
});

function put(id, frame) {
  const [one, other] = [id, compared.value].map((each) => items.value.get(each)?.family);
  if (one === undefined || one !== other) compared.value = null; // a comparison goes on among takes
  chosen.value = id;
  speed.value = 0;
  marks.value = { from: null, to: null };
  const isFilm = item.value?.kind === "film" && item.value.state === "done"; // which is seen from its beginning
  const at = frame ?? (isFilm ? 0 : null);
  follows.value = at === null;
  playhead.value = at === null ? lastFrame.value : Math.min(Math.max(0, at), lastFrame.value);
}

/** Keep what is known of an item. */
export function keep(facts) {
  const next = new Map(told.value);
  next.set(facts.id, { ...next.get(facts.id), ...facts });
  told.value = next;
}

/** Keep the queue as the server tells it. */
export function keepQueue(queue) {
  jobs.value = queue.jobs;
  queuePaused.value = queue.paused;
  queueMoved.value = queue.from_elsewhere;
  queueTrouble.value = queue.trouble ?? "";
}

/** Go to a frame, and stay there. */
export function seek(frame) {
  follows.value = false;
  playhead.value = Math.min(Math.max(0, Math.round(frame)), lastFrame.value);
}
