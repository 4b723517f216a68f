// The ruler, the sections and the waveform: a click or a drag goes there; a beat is dragged on the waveform.
import { useRef } from "preact/hooks";
import { html } from "../html.js";
import { playhead, seek, speed } from "../state.js";
import { beatAt, beatKeys, beatWords, canEdit, chosenBeat, moveBeat, movedBeat } from "./beats.js";
import { BAND, BARS, RULER, TOP } from "./draw.js";
import { selected } from "./edits.js";
import { chosenSection, edgeAt, moveEdge, movedEdge, sectionAt, Sections } from "./sections.js";
import { facts, frameToSong, grid } from "./source.js";
import { snapEdge } from "./snap.js";
import { player } from "./taps.js";
import { fit, toFrame, toX, zoom } from "./view.js";
import { Wave } from "./wave.js";

const NEAR = 5; // CSS pixels from a beat that is taken hold of
const TOUCH = 16; // the same for a finger on an edge
const ROOM = 14; // CSS pixels between two beats that can be taken hold of

/** Go to a frame: of a song by itself, its player does. */
function goTo(frame) {
  const at = Math.max(0, Math.min(frame, facts.value.frames - 1));
  if (facts.value.kind !== "song") {
    speed.value = 0;
    seek(at);
    return;
  }
  playhead.value = Math.round(at);
  const own = player();
  if (own) own.currentTime = Math.max(0, frameToSong(at));
}

export function Head() {
  const area = useRef(null);
  const held = useRef(null);
  const spot = (event) => event.clientX - area.current.getBoundingClientRect().left;

  /** The beat that a pointer is on, where it can be dragged. */
  const beatUnder = (event) => {
    const { beats } = grid.value;
    const below = event.clientY - area.current.getBoundingClientRect().top >= TOP;
    if (!below || !canEdit() || beats.length < 2) return null;
    const index = beatAt(toFrame(spot(event)));
    const apart = Math.abs(toX(beats[Math.min(index + 1, beats.length - 1)]) - toX(beats[Math.max(index - 1, 0)])) / 2;
    return apart >= ROOM && Math.abs(toX(beats[index]) - spot(event)) <= NEAR ? index : null;
  };
  /** Whether a pointer is on the band of the sections. */
  const onBand = (event) => {
    const y = event.clientY - area.current.getBoundingClientRect().top;
    return y >= RULER && y < RULER + BAND && grid.value.sections.length > 0;
  };
  const edgeUnder = (event) => (onBand(event) && canEdit() ? edgeAt(spot(event), event.pointerType === "mouse" ? NEAR : TOUCH) : null);
  const edgeTo = (event) => (event.altKey ? toFrame(spot(event)) : snapEdge(toFrame(spot(event))));
  const press = (event) => {
    if (event.button) return;
    area.current.setPointerCapture(event.pointerId);
    const [beat, edge] = [beatUnder(event), edgeUnder(event)];
    held.current = { beat, edge, moved: false };
    chosenBeat.value = beat;
    const frame = toFrame(spot(event));
    if (onBand(event)) {
      selected.value = null;
      chosenSection.value = sectionAt(edge === null ? frame : edge + 0.5);
      event.preventDefault(); // which would give the focus to another section than that of the edge
    } else chosenSection.value = null;
    if (beat === null && edge === null) goTo(frame);
  };
  const move = (event) => {
    if (!held.current) {
      area.current.style.cursor = beatUnder(event) === null && edgeUnder(event) === null ? "" : "ew-resize";
    } else if (held.current.edge !== null) {
      held.current.moved = true;
      movedEdge.value = { from: held.current.edge, to: edgeTo(event) };
    } else if (held.current.beat === null) goTo(toFrame(spot(event)));
    else {
      held.current.moved = true;
      movedBeat.value = { index: held.current.beat, frame: toFrame(spot(event)) };
    }
  };
  const release = (event) => {
    const { beat, edge, moved } = held.current ?? {};
    held.current = null;
    if (moved && typeof edge === "number") moveEdge(edge, edgeTo(event));
    else if (moved && typeof beat === "number") moveBeat(beat, toFrame(spot(event)));
  };
  const { sections, beats } = grid.value;
  const said = chosenBeat.value !== null && beats[chosenBeat.value] !== undefined ? beatWords(chosenBeat.value) : `${beats.length} beats`;
  return html`<div class="tl-head">
    <div class="name zooms" role="group" aria-label="Zoom">
      <button class="plain" aria-label="Zoom out" title="Zoom out (−)" onClick=${() => zoom(1 / 1.5, toX(playhead.value))}>−</button>
      <button class="plain" aria-label="Zoom in" title="Zoom in (+)" onClick=${() => zoom(1.5, toX(playhead.value))}>+</button>
      <button class="plain" title="Show all of the time (\\)" onClick=${fit}>Fit</button>
    </div>
    <div class="area" ref=${area} role="group" tabindex="0" aria-label=${`Time, ${said}. Arrow keys choose a beat, Alt and arrow keys move it, Enter: this is one.`}
      onPointerDown=${press} onPointerMove=${move} onPointerUp=${release} onPointerCancel=${() => { held.current = null; movedBeat.value = movedEdge.value = null; }}
      onKeyDown=${beatKeys}>
      <div class="ruler" style=${{ height: `${TOP + BARS}px` }}></div>
      ${sections.length > 0 && html`<div class="band" style=${{ top: `${RULER}px`, height: `${BAND}px` }}><${Sections} /></div>`}
      ${facts.value.song && html`<${Wave} key=${facts.value.song.of} />`}
    </div>
  </div>`;
}

/** The line of the playhead; moved without drawing anything else anew. */
export function Playhead() {
  const x = toX(playhead.value);
  return html`<div class="tl-now" aria-hidden="true" style=${{ transform: `translateX(${x}px)`, visibility: x < 0 ? "hidden" : "" }}></div>`;
}
