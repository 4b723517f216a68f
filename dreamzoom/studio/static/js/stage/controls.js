// What a person does to time: each thing once, for the keys and for the buttons.
import { bind, isHeld } from "../keys.js";
import { chosen, follows, fps, item, lastFrame, marks, playhead, repeats, seek, speed } from "../state.js";
import { muted, shuttle, toggle } from "./clock.js";
import { exact, plays } from "./show.js";
import { bindWhole, wholeScreen } from "./whole.js";

const GROUP = "Play and step";
const PICTURE = "The picture";

const ready = () => plays(item.value) && item.value.frames_done > 0;

/** Stand still, some frames further. */
export function step(frames) {
  speed.value = 0;
  seek(playhead.value + frames);
}

/** Back to the newest frame, and with it as it grows. */
export function goLive() {
  speed.value = 0;
  follows.value = true;
  playhead.value = lastFrame.value;
}

/** Set the in or the out point where the playhead is; there again takes it away. */
export function mark(which) {
  const here = playhead.value;
  const next = { ...marks.value, [which]: marks.value[which] === here ? null : here };
  if (next.from !== null && next.to !== null && next.from > next.to) next[which === "from" ? "to" : "from"] = null;
  marks.value = next;
}

export function clearMarks() {
  marks.value = { from: null, to: null };
}

function bindPlay(key, words, act, group = GROUP) {
  bind(key, words, (event) => (ready() ? act(event) : false), group);
}

/** Bind the stage's keys. */
export function bindControls() {
  bindWhole();
  bindPlay(" ", "play, or stand still", toggle);
  bindPlay("l", "play; again: 2×, 4×; with K held: one frame on", () => (isHeld("k") ? step(1) : shuttle(1)));
  bindPlay("j", "play backwards; again: 2×, 4×; with K held: one frame back", () => (isHeld("k") ? step(-1) : shuttle(-1)));
  bindPlay("k", "stand still", () => { speed.value = 0; });
  bindPlay(".", "one frame on", () => step(1));
  bindPlay(",", "one frame back", () => step(-1));
  bindPlay("ArrowRight", "one frame on", () => step(1));
  bindPlay("ArrowLeft", "one frame back", () => step(-1));
  bindPlay("Shift+ArrowRight", "ten frames on", () => step(10));
  bindPlay("Shift+ArrowLeft", "ten frames back", () => step(-10));
  bindPlay("PageDown", "one second on", () => step(Math.round(fps.value)));
  bindPlay("PageUp", "one second back", () => step(-Math.round(fps.value)));
  bindPlay("Home", "to the first frame", () => { speed.value = 0; seek(0); });
  bindPlay("End", "to the last frame", () => { speed.value = 0; seek(lastFrame.value); });
  bindPlay("0", "live: the newest frame, as it comes", goLive);
  bindPlay("i", "play begins here; again: no longer", () => mark("from"));
  bindPlay("o", "play ends here, and begins again; again: no longer", () => mark("to"));
  bindPlay("r", "repeat at the end, or not", () => { repeats.value = !repeats.value; });
  bindPlay("m", "sound on, or off", () => { muted.value = !muted.value; });
  bind("1", "true pixels, or as large as fits", () => (chosen.value ? void (exact.value = !exact.value) : false), PICTURE);
  bind("f", "whole screen, or not", () => (chosen.value ? wholeScreen() : false), PICTURE);
}
