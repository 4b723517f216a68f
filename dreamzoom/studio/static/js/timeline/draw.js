// The ruler, the sections, the beats and bars, and the borders of takes: one drawing over all lanes.
import { words } from "./words.js";

export const RULER = 20; // CSS pixels of the ruler
export const BAND = matchMedia("(pointer: coarse)").matches ? 36 : 24; // of the sections
export const TOP = RULER + BAND;
export const BARS = 12; // of the numbers of bars
const APART = 70; // pixels from one number of the ruler to the next
const FINEST = 5; // pixels between two beats that are drawn
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const HUES = ["--picture", "--motion", "--dream", "--time", "--track"];

let colours = null;

/** The page's colours and its font, read once. */
function paint(element) {
  if (colours) return colours;
  const style = getComputedStyle(element);
  const names = ["--ink", "--soft", "--line", "--edge", "--accent", "--warn", "--paper", ...HUES];
  colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name).trim()]));
  colours.font = `11px ${style.fontFamily}`;
  return colours;
}

/** Draw it all. `place` has from, to, width, height, fps; `what` the facts, the grid and what is chosen. */
export function draw(canvas, place, what) {
  const scale = devicePixelRatio || 1;
  const { width, height } = place;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const ink = paint(canvas);
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = ink.font;
  const x = (frame) => ((frame - place.from) / (place.to - place.from)) * width;
  const tools = { pen, ink, x, place };
  end(tools, what.frames);
  sections(tools, what);
  ruler(tools);
  beatLines(tools, what);
  for (const [first] of what.takes.slice(1)) upright(tools, x(first), TOP, height, ink["--warn"], [4, 3]);
  if (what.takes.length > 1) takes(tools, what.takes);
  for (const mark of what.markers) markers(tools, mark);
}

function upright({ pen }, x, top, bottom, colour, dash = [], alpha = 1) {
  pen.globalAlpha = alpha;
  pen.strokeStyle = colour;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(Math.round(x) + 0.5, top);
  pen.lineTo(Math.round(x) + 0.5, bottom);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

/** What is after the last frame is darker. */
function end({ pen, x, place, ink }, frames) {
  const from = Math.max(0, x(frames - 1));
  if (from >= place.width) return;
  pen.fillStyle = ink["--paper"];
  pen.globalAlpha = 0.55;
  pen.fillRect(from, TOP, place.width - from, place.height - TOP);
  pen.globalAlpha = 1;
}

function ruler(tools) {
  const { pen, ink, x, place } = tools;
  const shown = (place.to - place.from) / place.fps;
  const most = Math.max(2, place.width / APART);
  const seconds = STEPS.find((step) => step * most >= shown);
  const inFrames = shown * place.fps <= most * 4;
  const step = inFrames ? Math.max(1, Math.ceil((shown * place.fps) / most)) : (seconds ?? 3600) * place.fps;
  pen.fillStyle = ink["--soft"];
  pen.textBaseline = "middle";
  const first = Math.ceil(place.from / step - 1e-9) * step;
  for (let tick = first; tick <= place.to; tick += step) {
    upright(tools, x(tick), RULER - 5, RULER, ink["--edge"]);
    const frame = tick === first ? `frame ${Math.round(tick)}` : String(Math.round(tick));
    const told = inFrames ? frame : words(tick / place.fps, step / place.fps);
    const left = x(tick) + 3;
    if (left + pen.measureText(told).width <= place.width) pen.fillText(told, left, RULER / 2 - 1); // no half of one
  }
}

function sections({ pen, ink, x, place }, what) {
  const kinds = [...new Set(what.sections.map(({ label }) => label))];
  pen.textBaseline = "middle";
  what.sections.forEach(({ label, first, stop }, index) => {
    const [left, right] = [Math.max(0, x(first)), Math.min(place.width, x(stop))];
    if (right <= left) return;
    pen.fillStyle = ink[HUES[kinds.indexOf(label) % HUES.length]];
    pen.globalAlpha = index === what.section ? 0.45 : 0.2;
    pen.fillRect(left, RULER + 1, right - left - 1, BAND - 3);
    pen.globalAlpha = 1;
    pen.fillRect(left, RULER + 1, 2, BAND - 3);
    if (index === what.section) pen.fillStyle = ink["--ink"];
    named(pen, label, left + 6, right - left - 10);
  });
}

function named(pen, text, left, room, y = RULER + BAND / 2, paper = null) {
  if (room < 10) return;
  let shown = text;
  while (shown.length > 1 && pen.measureText(shown).width > room) shown = `${shown.slice(0, -2)}…`;
  if (paper) {
    const ink = pen.fillStyle;
    pen.fillStyle = paper;
    pen.globalAlpha = 0.8;
    pen.fillRect(left - 3, y - 8, pen.measureText(shown).width + 6, 14);
    pen.globalAlpha = 1;
    pen.fillStyle = ink;
  }
  pen.fillText(shown, left, y - 1);
}

function beatLines(tools, what) {
  const { pen, ink, x, place } = tools;
  const each = (times, act) => {
    let index = firstFrom(times, place.from);
    for (; index < times.length && times[index] <= place.to; index += 1) act(times[index], index);
  };
  const all = (times, top, bottom, colour, alpha, dash = []) => { // one stroke, for there may be hundreds
    pen.globalAlpha = alpha;
    pen.strokeStyle = colour;
    pen.setLineDash(dash);
    pen.beginPath();
    each(times, (time) => {
      const at = Math.round(x(time)) + 0.5;
      pen.moveTo(at, top);
      pen.lineTo(at, bottom);
    });
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  };
  const apart = (times) => (times.length > 1 ? x(times[1]) - x(times[0]) : 0);
  if (apart(what.beats) >= FINEST) {
    all(what.beats, TOP + BARS, place.height, ink["--ink"], 0.13);
    all(what.beats, TOP + BARS - 4, TOP + BARS, ink["--ink"], 0.5);
  }
  all(what.own, TOP, place.height, ink["--warn"], 0.35, [2, 3]);
  const wide = apart(what.bars);
  if (wide >= FINEST) all(what.bars, TOP, place.height, ink["--accent"], 0.38);
  const every = wide > 0 ? 2 ** Math.max(0, Math.ceil(Math.log2(30 / wide))) : 1;
  pen.fillStyle = ink["--accent"];
  each(what.bars, (time, index) => {
    if (wide > 0 && index % every === 0) pen.fillText(String(index + 1), x(time) + 3, TOP + 6);
  });
  if (what.beat !== null && what.beats[what.beat] !== undefined) {
    const at = x(what.beats[what.beat]);
    upright(tools, at, TOP, place.height, ink["--dream"]);
    pen.fillStyle = ink["--dream"];
    pen.fillRect(at - 3, TOP, 7, 6);
  }
}

/** The first of ascending times from a frame on. */
function firstFrom(times, frame) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The numbers of takes at their borders. */
function takes({ pen, ink, x }, all) {
  pen.fillStyle = ink["--warn"];
  all.forEach(([first], index) => { if (index) pen.fillText(`take ${index + 1}`, x(first) + 3, TOP + 22); });
}

/** What else is somewhere, by its name below the sections: a film's scenes, and pictures that a clip comes to. */
function markers(tools, mark) {
  const { pen, ink, x, place } = tools;
  const [left, right] = [Math.max(0, x(mark.first)), Math.min(place.width, x(mark.stop))];
  if (right <= left) return;
  if (x(mark.first) >= 0) upright(tools, left, TOP, place.height, ink["--picture"], [1, 2]);
  pen.fillStyle = ink["--picture"];
  pen.globalAlpha = 0.25;
  pen.fillRect(left, TOP - 3, right - left - 1, 3);
  pen.globalAlpha = 1;
  pen.textBaseline = "middle";
  named(pen, mark.text, left + 5, right - left - 8, TOP + 22, ink["--paper"]); // it stands on the waveform
}
