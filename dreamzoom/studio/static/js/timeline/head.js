// The ruler, the sections and the waveform: a click or a drag goes there; a beat is dragged on the waveform.
import { useRef } from "preact/hooks";
import { html } from "../html.js";
import { playhead, seek, speed } from "../state.js";
import { beatAt, beatKeys, beatWords, canEdit, chosenBeat, moveBeat, movedBeat } from "./beats.js";
import { BARS, TOP } from "./draw.js";
import { facts, frameToSong, grid } from "./source.js";
import { player } from "./taps.js";
import { fit, toFrame, toX, zoom } from "./view.js";
import { Wave } from "./wave.js";
import { words } from "./words.js";

const NEAR = 5; // CSS pixels from a beat that is taken hold of
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
  const press = (event) => {
    if (event.button) return;
    area.current.setPointerCapture(event.pointerId);
    const beat = beatUnder(event);
    held.current = { beat, moved: false };
    chosenBeat.value = beat;
    if (beat === null) goTo(toFrame(spot(event)));
  };
  const move = (event) => {
    if (!held.current) {
      area.current.style.cursor = beatUnder(event) === null ? "" : "ew-resize";
    } else if (held.current.beat === null) goTo(toFrame(spot(event)));
    else {
      held.current.moved = true;
      movedBeat.value = { index: held.current.beat, frame: toFrame(spot(event)) };
    }
  };
  const release = (event) => {
    const { beat, moved } = held.current ?? {};
    held.current = null;
    if (moved && typeof beat === "number") moveBeat(beat, toFrame(spot(event)));
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
      onPointerDown=${press} onPointerMove=${move} onPointerUp=${release} onPointerCancel=${() => { held.current = null; movedBeat.value = null; }}
      onKeyDown=${beatKeys}>
      <div class="ruler" style=${{ height: `${TOP + BARS}px` }}></div>
      ${facts.value.song && html`<${Wave} key=${facts.value.song.of} />`}
      <p class="hidden">${sections.map(([label, start]) => `${label} from ${words(start)}`).join(", ")}</p>
    </div>
  </div>`;
}

/** The line of the playhead; moved without drawing anything else anew. */
export function Playhead() {
  const x = toX(playhead.value);
  return html`<div class="tl-now" aria-hidden="true" style=${{ transform: `translateX(${x}px)`, visibility: x < 0 ? "hidden" : "" }}></div>`;
}
