// A clip that grows under the eyes: a new frame is told once its picture is there. The page is drawn once for both then,
// and no oftener than the pictures come: each drawing takes time from the render that is watched.
import { keepNow, on, takeItemsWith } from "../events.js";
import { chosen, follows, item, speed } from "../state.js";
import { load } from "./frames.js";
import { addressOf, LIVE, picture } from "./show.js";

const PATIENCE = 500; // milliseconds that facts wait for a picture

let held = null; // the latest facts of the clip on the stage, until the picture of its newest frame is there
let isBringing = false;
let dropped = 0; // goes up where what is held is no longer true
let last = 0; // when a picture was brought last

const pass = (time) => new Promise((done) => { setTimeout(done, time); });

/** Whether facts tell no more than that the clip on the stage, which is looked at as it grows, has grown. */
function tellsOfGrowth({ id, state, version, frames_done: done }) {
  const now = item.peek();
  return id === chosen.peek() && follows.peek() && speed.peek() === 0 && picture.peek()?.id === id &&
    state === "running" && now.state === state && version === now.version && done > now.frames_done;
}

function take(facts) {
  if (tellsOfGrowth(facts)) {
    held = { ...held, ...facts };
    if (!isBringing) bring();
    return;
  }
  if (held?.id === facts.id) keepHeld();
  keepNow(facts);
}

function keepHeld() {
  const facts = held;
  drop();
  keepNow(facts);
}

function drop() {
  held = null;
  dropped += 1;
}

async function bring() {
  isBringing = true;
  while (held) {
    const now = dropped;
    await pass(Math.max(0, last + LIVE - performance.now()));
    const facts = held;
    if (facts && facts.id === chosen.peek()) {
      last = performance.now();
      await Promise.race([load(addressOf(facts.frames_done - 1)).catch(() => {}), pass(PATIENCE)]);
    }
    if (now !== dropped) continue; // what was brought is old by now
    if (held === facts) held = null;
    keepNow(facts);
  }
  isBringing = false;
}

/** Begin to hold back what only tells of growth. */
export function beginLive() {
  takeItemsWith(take);
  on("gone", ({ id }) => { if (held?.id === id) drop(); });
  on("reset", drop);
}
