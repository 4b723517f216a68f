// What is on the stage: which picture of which size, and whether it is there.
import { computed, effect, signal } from "@preact/signals";
import { frameUrl } from "../api.js";
import { on } from "../events.js";
import { chosen, follows, item, lastFrame, playhead, speed, told } from "../state.js";
import { at, forget, isComing, load, loadAhead } from "./frames.js";

export const LIVE = 200; // milliseconds between two newest frames, at least
const RESTS = 150; // milliseconds of standing still after which the frames around are loaded
const AGAIN = 2000; // until a frame is asked for again where nobody answered
const AROUND = 8; // frames on each side
const WIDTHS = [320, 480, 640, 800, 960, 1280, 1600, 1920, 2560]; // what is asked for: few, so that they are kept

export const exact = signal(false); // true pixels, one to one
export const shownWidth = signal(0); // of the picture on the screen, in the screen's pixels
export const picture = signal(null); // {bitmap, id, frame}: what is drawn
export const failure = signal(null); // why there is none, in words

/** Whether an item has frames to play. */
export const plays = (facts) => facts?.kind === "clip" || facts?.kind === "film";

/** The width to ask for: 0 is the frame as it is stored. */
const width = computed(() => {
  const own = item.value?.size?.[0] ?? 0;
  const fits = WIDTHS.find((each) => each >= shownWidth.value) ?? 0;
  return exact.value || !fits || !own || own <= fits ? 0 : fits;
});

/** The address of a frame of the item on the stage, of the size that fits. */
export function addressOf(frame) {
  const facts = item.value;
  if (plays(facts)) return frameUrl(facts.id, frame, width.value);
  return `/api/items/${facts.id}/picture${width.value ? `?width=${width.value}` : ""}`;
}

export const hasPicture = (facts) => (plays(facts) ? facts.frames_done > 0 : facts?.kind === "picture");

let asked = 0; // requests of what is to be shown now
let turns = 0; // how often something was to be shown
let turnShown = 0; // the turn whose picture is on the stage: what comes later than a newer turn's is old
let live = 0; // when the newest frame was drawn last
let timer = 0;

function put(turn, bitmap, id, frame) {
  if (id !== chosen.value || turn < turnShown) return;
  turnShown = turn;
  failure.value = null;
  picture.value = { bitmap, id, frame };
}

/** Show the frame under the playhead: at once where it is kept; of those that are loaded the latest wins. */
function show() {
  clearTimeout(timer);
  const [facts, frame] = [item.value, playhead.value];
  if (!hasPicture(facts)) {
    picture.value = null;
    failure.value = null;
    return;
  }
  const address = addressOf(frame);
  const there = at(address);
  turns += 1;
  const turn = turns;
  if (there) return put(turn, there, facts.id, frame);
  if (speed.value !== 0 && picture.value?.id === facts.id) return undefined; // the clock shows what has come
  const wait = follows.value && picture.value?.id === facts.id ? live + LIVE - performance.now() : 0;
  if (wait > 0 || asked >= 2) {
    timer = setTimeout(show, Math.max(wait, 20));
    return undefined;
  }
  asked += 1;
  if (follows.value) live = performance.now();
  load(address)
    .then((bitmap) => put(turn, bitmap, facts.id, frame))
    .catch((error) => { if (facts.id === chosen.value && frame === playhead.value) miss(error); })
    .finally(() => { asked -= 1; });
  return undefined;
}

/** Say why there is no picture; where nobody answered it may come. */
function miss(error) {
  const isUnanswered = error instanceof TypeError;
  if (isUnanswered) timer = setTimeout(show, AGAIN);
  failure.value = isUnanswered ? "This frame comes when the studio answers." : "This frame cannot be read.";
}

/** While the playhead stands, load the frames around it, so that a step shows at once. */
function loadAround() {
  const facts = item.value;
  if (!plays(facts) || speed.value !== 0 || follows.value) return;
  const frames = [];
  for (let step = 1; step <= AROUND; step += 1) frames.push(playhead.value + step, playhead.value - step);
  const wanted = frames.filter((frame) => frame >= 0 && frame <= lastFrame.value).map(addressOf);
  const more = () => { if (speed.value === 0 && facts.id === chosen.value) loadAhead(wanted, more); };
  more();
}

/** Begin to show. */
export function beginShowing() {
  const what = computed(() => {
    const facts = item.value;
    return facts && hasPicture(facts) ? `${facts.id} ${plays(facts) ? playhead.value : ""} ${width.value}` : "";
  });
  effect(() => { what.value; queueMicrotask(show); });
  let rest = 0;
  effect(() => {
    what.value;
    clearTimeout(rest);
    rest = setTimeout(loadAround, RESTS);
  });
  on("gone", ({ id }) => forget(id));
  const versions = new Map(); // id → what its frames were known by
  effect(() => { // frames that others took the place of are loaded again
    for (const { id, version } of told.value.values()) {
      const before = versions.get(id);
      versions.set(id, version);
      if (before && before !== version) {
        forget(id);
        if (id === chosen.peek()) queueMicrotask(show);
      }
    }
  });
}

export { at, isComing, loadAhead, width };
