// The timeline: a song's waveform, beats and sections, and below it a curve for each key that moves.
import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { bind } from "../keys.js";
import { playhead, speed } from "../state.js";
import { BeatTools, chosenBeat, MusicWords, movedBeat } from "./beats.js";
import { draw } from "./draw.js";
import { chosenKey, editable, lanes, others, show } from "./edits.js";
import { KeyEditor } from "./editor.js";
import { Head, Playhead } from "./head.js";
import { Lane } from "./lane.js";
import { beginSection, chosenSection, SectionEditor, shownSections } from "./sections.js";
import { facts, failure, frameToSong, grid, subject } from "./source.js";
import { snaps, toggleSnap } from "./snap.js";
import { goBack, player, tap } from "./taps.js";
import { fit, follow, rate, toX, view, wheel, width, zoom } from "./view.js";

const GROUP = "Timeline";
const LEFT = () => document.querySelector(".tl-head .area")?.getBoundingClientRect().left ?? 0;

function bindTimeline() {
  const within = (act) => (event) => (facts.value ? act(event) : false);
  bind("b", "tap a beat while the song plays", within((event) => tap(event.timeStamp)), GROUP);
  bind("n", "a section of the song begins at the playhead", within(beginSection), GROUP);
  bind("s", "snap to beats, or not", within(toggleSnap), GROUP);
  bind("+", "zoom in, around the playhead", within(() => zoom(1.5, toX(playhead.value))), GROUP);
  bind("=", "zoom in, around the playhead", within(() => zoom(1.5, toX(playhead.value))), GROUP);
  bind("-", "zoom out", within(() => zoom(1 / 1.5, toX(playhead.value))), GROUP);
  bind("Ctrl+z", "take back what was done to beats and sections", within(() => goBack("undo")), GROUP);
  bind("Ctrl+Shift+z", "do it again", within(() => goBack("redo")), GROUP);
  bind("\\", "show all of the time", within(fit), GROUP);
}
bindTimeline();

effect(() => { if (speed.value !== 0) follow(playhead.value); });

/** Of a song by itself the playhead goes with its player; of all else nothing is asked at each frame of the screen. */
function followSong() {
  if (facts.peek()?.kind !== "song") return undefined;
  let frame = 0;
  const go = () => {
    const own = player();
    if (own && !own.paused) {
      playhead.value = Math.round((own.currentTime - frameToSong(0)) * rate.peek());
      follow(playhead.value);
    }
    frame = requestAnimationFrame(go);
  };
  frame = requestAnimationFrame(go);
  return () => cancelAnimationFrame(frame);
}

export function Timeline() {
  if (!subject.value) return html`<section class="timeline" aria-label="Timeline"></section>`;
  return html`<section class="timeline" aria-label="Timeline">
    ${facts.value && facts.value.of === subject.value.id ? html`<${Whole} />`
      : failure.value ? html`<p class="soft tl-failure" role="status">${failure.value}</p>` : null}
  </section>`;
}

function Whole() {
  const [open, setOpen] = useState(localStorage.getItem("curves") !== "no");
  const toggle = () => {
    localStorage.setItem("curves", open ? "no" : "yes");
    setOpen(!open);
  };
  useEffect(followSong, [facts.value.of, facts.value.kind]);
  const isChosen = chosenSection.value !== null && Boolean(grid.value.sections[chosenSection.value]);
  const isFilm = facts.value.kind === "film";
  return html`<div class=${`tl ${open ? "" : "is-closed"}`}>
    ${open && chosenKey.value ? html`<${KeyEditor} />` : isChosen ? html`<${SectionEditor} />` : html`<div class="tl-tools" role="toolbar" aria-label="Timeline">
      ${!isFilm && html`<button class="plain" aria-expanded=${open} onClick=${toggle}>${open ? "▾" : "▸"} Curves</button>`}
      ${!isFilm && html`<${AddLane} />`}
      <button aria-pressed=${snaps.value} onClick=${toggleSnap} title="Keys snap to beats, bars and sections (S)">Snap <kbd>S</kbd></button>
      <${BeatTools} />
      <${MusicWords} />
    </div>`}
    <${Body} open=${open} />
  </div>`;
}

function Body({ open }) {
  const box = useRef(null);
  useEffect(() => {
    const area = box.current.querySelector(".tl-head .area");
    const watch = new ResizeObserver(() => { width.value = area.clientWidth; });
    watch.observe(area);
    const roll = (event) => {
      if (event.target.closest(".name") && !event.ctrlKey) return; // the names scroll the lanes
      wheel(event, LEFT());
    };
    box.current.addEventListener("wheel", roll, { passive: false });
    return () => {
      watch.disconnect();
      box.current?.removeEventListener("wheel", roll);
    };
  }, []);
  return html`<div class="tl-frame">
    <div class="tl-body" ref=${box}>
      <${Head} />
      ${open && html`<div class="tl-lanes">${lanes.value.map((lane) => html`<${Lane} key=${lane.base.name} lane=${lane} />`)}</div>`}
    </div>
    <div class="tl-over" style=${{ width: `${width.value}px` }}><${Over} /><${Playhead} /></div>
  </div>`;
}

/** The drawing over the lanes; once a frame of the screen at most. */
function Over() {
  const canvas = useRef(null);
  const [from, to] = view.value;
  const { beats, bars, own } = grid.value;
  const sections = shownSections.value;
  const told = facts.value;
  const moved = movedBeat.value;
  const shown = moved ? beats.map((beat, index) => (index === moved.index ? moved.frame : beat)) : beats;
  const [size, setSize] = useState([0, 0]);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setSize([entry.contentRect.width, entry.contentRect.height]));
    watch.observe(canvas.current.parentElement);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const drawing = requestAnimationFrame(() => {
      if (!canvas.current || !size[0]) return;
      draw(canvas.current, { from, to, width: size[0], height: size[1], fps: told.fps }, {
        frames: told.frames, takes: told.takes, markers: told.markers, sections, beats: shown, bars, own: own?.beats ?? [],
        beat: moved ? moved.index : chosenBeat.value, section: chosenSection.value,
      });
    });
    return () => cancelAnimationFrame(drawing);
  });
  return html`<canvas ref=${canvas} aria-hidden="true"></canvas>`;
}

/** A curve more: what can move and is not shown. */
function AddLane() {
  const groups = Object.entries(Object.groupBy(others.value, (lane) => lane.key.split(".")[0]));
  const add = (event) => {
    const name = event.currentTarget.value;
    event.currentTarget.value = "";
    if (!name) return;
    show(name);
    setTimeout(() => document.querySelector(`[data-lane="${CSS.escape(name)}"]`)?.scrollIntoView({ block: "nearest" }), 50);
  };
  return html`<select class="add-lane" aria-label="Add a curve" disabled=${!editable.value || !others.value.length} onChange=${add}>
    <option value="">Add a curve…</option>
    ${groups.map(([table, all]) => html`<optgroup key=${table} label=${table}>
      ${all.map((lane) => html`<option key=${lane.name} value=${lane.name}>${lane.name.slice(table.length + 1)}</option>`)}</optgroup>`)}
  </select>`;
}
