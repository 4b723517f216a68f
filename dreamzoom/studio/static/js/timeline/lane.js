// A lane: what moves, its curve, its keyframes to drag, and its formula.
import { signal } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { unitWords } from "../form/schema.js";
import { icon } from "../icons.js";
import { plan, dropChange } from "../plan.js";
import { playhead, tell } from "../state.js";
import { Curve, HEIGHT, scaleOf } from "./curve.js";
import { change, dragged, editable, leave, putAway, rawOf, selected, tryRaw } from "./edits.js";
import { addKey, dropKey, easeKey, moveKey, readText, spell, spellValue, textOf } from "./keyframes.js";
import { facts, grid } from "./source.js";
import { nextBeat, snap } from "./snap.js";
import { rate, toFrame, toX, width } from "./view.js";
import { short, titleOf, words } from "./words.js";

const writing = signal(null); // the name of the lane whose formula is open

/** What spells a keyframe's time: a clip's own beats where it has them. */
function clock() {
  const { beats, bars } = grid.value.own ?? grid.value;
  return { fps: rate.value, beats, bars };
}

/** In what a new keyframe of a lane is counted: as its others are, in beats on a beat of what is not begun yet. */
function unitFor(lane, snapped) {
  const first = lane.keys?.[0]?.unit;
  const goesByMusic = facts.value.kind !== "clip" || facts.value.own_music;
  if (first && first !== "section" && first !== "frame") return first;
  if (first === "frame" && lane.keys.length > 1) return "frame";
  return snapped === "beat" && goesByMusic ? "beat" : snapped === "bar" && goesByMusic ? "bar" : "frame";
}

const yOf = (value, [low, high]) => HEIGHT * (1 - (value - low) / (high - low));
const valueAt = (y, [low, high]) => low + (high - low) * (1 - y / HEIGHT);
const within = (lane, value) => Math.min(Math.max(value, lane.low), lane.high);

/** The value of a drawn lane at a frame, between its points. */
function drawnAt(lane, frame) {
  if (!lane.frames) return lane.value;
  let [low, index] = [0, lane.frames.length - 1];
  if (frame >= lane.frames[index]) return lane.values[index];
  while (low < index) {
    const middle = (low + index) >> 1;
    if (lane.frames[middle] >= frame) index = middle;
    else low = middle + 1;
  }
  if (index === 0) return lane.values[0];
  const [one, other] = [lane.frames[index - 1], lane.frames[index]];
  return lane.values[index - 1] + ((lane.values[index] - lane.values[index - 1]) * (frame - one)) / (other - one);
}

/** Put a keyframe at another frame, with another value; what it became. */
function place(lane, key, frame, value, isDragged) {
  const raw = rawOf(lane.base);
  const unit = key.unit === "section" ? "second" : key.unit;
  const time = spell(Math.max(0, frame), unit, clock());
  const moved = moveKey(raw, key.at, time, value === undefined || lane.base.kind === "choice" ? undefined : spellValue(within(lane.base, value)));
  if (!moved) return key.at;
  change(lane.base, moved, { isDragged });
  selected.value = { lane: lane.base.name, at: time };
  return time;
}

/** Add a keyframe at a frame. */
function add(lane, frame, value) {
  const found = snap(frame);
  const raw = rawOf(lane.base);
  if (["expression", "music"].includes(lane.now.kind)) {
    writing.value = lane.base.name;
    return;
  }
  if (lane.base.kind === "choice") {
    const current = typeof raw === "object" && raw ? Object.values(raw)[0] : raw;
    const time = spell(found.frame, unitFor(lane.now, found.unit), clock());
    change(lane.base, addKey(raw, time, current?.value ?? current));
    selected.value = { lane: lane.base.name, at: time };
    return;
  }
  const time = spell(found.frame, unitFor(lane.now, found.unit), clock());
  change(lane.base, addKey(raw ?? 0.5, time, spellValue(within(lane.base, value))));
  selected.value = { lane: lane.base.name, at: time };
}

export function remove(lane, at) {
  change(lane.base, dropKey(rawOf(lane.base), at));
  selected.value = null;
}

export const setEase = (lane, at, ease) => change(lane.base, easeKey(rawOf(lane.base), at, ease));

/** Another value, or another time as it is written, for a keyframe; both typed. */
export function retype(lane, at, time, text) {
  const moved = moveKey(rawOf(lane.base), at, time, lane.base.kind === "choice" ? text : readText(text));
  if (!moved) {
    tell(`There is a keyframe at ${time} already.`, true);
    return;
  }
  change(lane.base, moved);
  selected.value = { lane: lane.base.name, at: time };
}

export function Lane({ lane }) {
  const area = useRef(null);
  const name = lane.base.name;
  const frozen = useRef(null); // the scale and the keys that were there when one was taken hold of
  const scale = frozen.current?.scale ?? scaleOf(lane);
  const keys = frozen.current?.keys ?? lane.now.keys ?? [];
  const hold = (isHeld) => { frozen.current = isHeld ? { scale, keys } : null; };
  const pressed = (event) => {
    if (!editable.value || event.target.closest(".key")) return;
    const box = area.current.getBoundingClientRect();
    add(lane, toFrame(event.clientX - box.left), valueAt(event.clientY - box.top, scale));
  };
  return html`<div class=${`lane ${lane.changed ? "is-changed" : ""}`} data-key=${lane.base.key} data-lane=${name} role="group" aria-label=${`Curve of ${name}`}>
    <${Name} lane=${lane} scale=${scale} />
    <div class="area" ref=${area} onDblClick=${pressed} onPointerDown=${(event) => { if (!event.target.closest(".key")) selected.value = null; }} title=${lane.base.help}>
      <${Curve} lane=${lane} scale=${scale} frames=${facts.value.frames} />
      ${keys.length > 1 || lane.now.kind === "keyframes"
        ? html`<${Keys} lane=${lane} keys=${keys} scale=${scale} area=${area} hold=${hold} />` : null}
    </div>
    ${writing.value === name && html`<${Formula} lane=${lane} />`}
    ${lane.fault && writing.value !== name && html`<p class="bad fault" role="status">${lane.fault}</p>`}
  </div>`;
}

/** A lane's value under the playhead. */
function Now({ lane }) {
  return html`<span>${lane.kind === "choice" ? "" : short(drawnAt(lane, playhead.value))}</span>`;
}

function Name({ lane, scale }) {
  const { base, now } = lane;
  const [table] = base.key.split(".");
  return html`<div class="name">
    <p><b>${titleOf(base)}</b> <span class="soft">${table}</span></p>
    <p class="value"><${Now} lane=${now} /> <span class="soft unit">${unitWords(base.unit)}</span></p>
    <div class="acts">
      ${editable.value && base.kind !== "choice" && html`<button class="plain" aria-label=${`Formula of ${base.name}`} title="Write a number or a formula"
        aria-pressed=${writing.value === base.name} onClick=${() => { writing.value = writing.value === base.name ? null : base.name; }}><i>ƒ</i></button>`}
      ${editable.value && base.kind !== "unset" && html`<button class="plain" aria-label=${`Add a key of ${base.name} at the playhead`}
        title="A key at the playhead" onClick=${() => add(lane, playhead.peek(), drawnAt(now, playhead.peek()) ?? 0.5)}>+</button>`}
      ${lane.changed && base.key in plan.changes.value && html`<button class="plain" aria-label=${`Take back the change of ${base.name}`}
        title="As it was" onClick=${() => dropChange(base.key)}>↶</button>`}
      <button class="plain" aria-label=${`Put away ${base.name}`} title="Put this curve away" onClick=${() => putAway(base)}>${icon("close")}</button>
    </div>
    ${base.kind !== "choice" && html`<span class="limit high" aria-hidden="true">${short(scale[1])}</span>
      <span class="limit low" aria-hidden="true">${short(scale[0])}</span>`}
  </div>`;
}

function Keys({ lane, keys, scale, area, hold }) {
  const shown = keys.filter((key) => toX(key.frame) > -8 && toX(key.frame) < width.value + 8).slice(0, 400);
  return shown.map((key) => html`<${Key} key=${`${lane.base.name} ${key.at}`} lane=${lane} one=${key} scale=${scale} area=${area} hold=${hold} />`);
}

function Key({ lane, one, scale, area, hold }) {
  const moving = useRef(null);
  const isChoice = lane.base.kind === "choice";
  const [offset, setOffset] = useState(null); // where it is dragged to: {frame, value}
  const frame = offset?.frame ?? one.frame;
  const value = offset?.value ?? one.value;
  const isSelected = selected.value?.lane === lane.base.name && selected.value.at === one.at;

  const spot = (event) => {
    const box = area.current.getBoundingClientRect();
    const far = Math.hypot(event.clientX - moving.current.x, event.clientY - moving.current.y);
    if (far < 3 && !moving.current.moved) return null;
    moving.current.moved = true;
    const time = event.altKey ? { frame: toFrame(event.clientX - box.left) } : snap(toFrame(event.clientX - box.left));
    const height = event.shiftKey || isChoice ? one.value : within(lane.base, valueAt(event.clientY - box.top, scale));
    return { frame: Math.max(0, time.frame), value: height };
  };
  const press = (event) => {
    if (event.button) return;
    if (!editable.value) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    moving.current = { x: event.clientX, y: event.clientY, raw: rawOf(lane.base), moved: false };
    hold(true);
  };
  const move = (event) => {
    if (!moving.current) return;
    const found = spot(event);
    if (!found) return;
    setOffset(found);
    const unit = one.unit === "section" ? "second" : one.unit;
    const raw = moveKey(moving.current.raw, one.at, spell(found.frame, unit, clock()), isChoice ? undefined : spellValue(found.value));
    if (raw) change(lane.base, raw, { isDragged: true });
  };
  const drop = (event) => {
    if (!moving.current) return;
    const found = moving.current.moved ? spot(event) : null;
    const raw = moving.current.raw;
    moving.current = null;
    hold(false);
    setOffset(null);
    dragged.value = null;
    selected.value = { lane: lane.base.name, at: one.at };
    if (!found) return;
    const unit = one.unit === "section" ? "second" : one.unit;
    const time = spell(found.frame, unit, clock());
    const changed = moveKey(raw, one.at, time, isChoice ? undefined : spellValue(found.value));
    if (!changed) return;
    change(lane.base, changed);
    selected.value = { lane: lane.base.name, at: time };
  };
  const keys = (event) => {
    const all = [...area.current.querySelectorAll(".key")];
    const here = all.indexOf(event.currentTarget);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const rise = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.altKey && step && editable.value) place(lane, one, event.shiftKey ? one.frame + step : nextBeat(one.frame, step), undefined, false);
    else if (event.altKey && rise && editable.value && !isChoice) place(lane, one, one.frame, one.value + rise * (scale[1] - scale[0]) * (event.shiftKey ? 0.1 : 0.02), false);
    else if (!event.altKey && step) all[Math.min(Math.max(0, here + step), all.length - 1)].focus();
    else if (["Delete", "Backspace"].includes(event.key) && editable.value) remove(lane, one.at);
    else if (event.key === "Enter") document.querySelector(".key-editor .value")?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const where = `${words(frame / rate.value, 0.1)}, frame ${Math.round(frame)}`;
  return html`<button class=${`key ${isSelected ? "is-selected" : ""}`} style=${{ left: `${toX(frame)}px`, top: `${isChoice ? 14 : yOf(value, scale)}px` }}
    aria-label=${`Key of ${lane.base.name} at ${where}: ${isChoice ? value : short(value)}, ${one.ease}`} aria-pressed=${isSelected} data-at=${one.at}
    title=${`${one.at} = ${isChoice ? value : short(value)}`} onPointerDown=${press} onPointerMove=${move} onPointerUp=${drop}
    onPointerCancel=${() => { moving.current = null; hold(false); setOffset(null); leave(lane.base); }}
    onFocus=${() => { if (!moving.current) selected.value = { lane: lane.base.name, at: one.at }; }} onKeyDown=${keys}
    >${isChoice ? html`<span>${String(value)}</span>` : null}</button>`;
}

function Formula({ lane }) {
  const [text, setText] = useState(textOf(rawOf(lane.base)));
  const [fault, setFault] = useState("");
  const timer = useRef(0);
  const type = (event) => {
    const now = event.currentTarget.value;
    setText(now);
    clearTimeout(timer.current);
    timer.current = setTimeout(async () => {
      const raw = readText(now);
      if (raw === "") return setFault("");
      const told = await tryRaw(lane.base, raw);
      change(lane.base, raw, { isDragged: true }); // drawn, not planned yet
      return setFault(told);
    }, 120);
  };
  const close = () => {
    clearTimeout(timer.current);
    leave(lane.base);
    writing.value = null;
  };
  const keep = async (event) => {
    event.preventDefault();
    clearTimeout(timer.current);
    const raw = readText(text);
    if (raw === "") return close();
    const told = await tryRaw(lane.base, raw);
    setFault(told);
    if (told) return undefined;
    change(lane.base, raw);
    writing.value = null;
    return undefined;
  };
  return html`<form class="formula" onSubmit=${keep}>
    <input aria-label=${`Number or formula of ${lane.base.name}`} value=${text} onInput=${type} spellcheck="false" autocomplete="off"
      placeholder="1.03 + 0.02*sin(t), or with a song 1 + 0.1*bass" aria-invalid=${Boolean(fault)} ref=${(field) => { if (field && !field.dataset.once) { field.dataset.once = "1"; field.focus(); } }}
      onKeyDown=${(event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } }} />
    <button>Use it</button><button type="button" class="plain" onClick=${close}>Leave it</button>
    ${fault && html`<p class="bad" role="alert" ref=${(told) => told?.scrollIntoView({ block: "nearest" })}>${fault}</p>`}
  </form>`;
}
