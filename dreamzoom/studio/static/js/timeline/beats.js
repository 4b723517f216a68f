// What a person does to beats: tap them, drag one, say which is the first of a bar, halve, double, move all.
import { signal } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { playhead } from "../state.js";
import { arrived, beats, facts, frameToSong, grid } from "./source.js";
import { nearest } from "./snap.js";
import { edit, forget, player, songTime, tap, take, taps } from "./taps.js";
import { beginSection } from "./sections.js";
import { words } from "./words.js";

export const chosenBeat = signal(null); // its index in the grid
export const movedBeat = signal(null); // {index, frame} while one is dragged
const FINE = 0.01; // seconds that a key moves a beat

export const canEdit = () => Boolean(beats.value?.of);

/** The beat that is nearest to a frame. */
export function beatAt(frame) {
  const { beats: all } = grid.value;
  return all.length ? all.indexOf(nearest(all, frame)) : null;
}

const seconds = (index) => frameToSong(grid.value.beats[index]);

/** The beat that is chosen, or the nearest to the playhead. */
const meant = () => {
  const index = chosenBeat.value ?? beatAt(playhead.value);
  return index === null || index === undefined || grid.value.beats[index] === undefined ? null : index;
};

export async function moveBeat(index, frame) {
  const [at, moved] = [seconds(index), { index, frame }];
  movedBeat.value = moved; // it stays there until the timeline shows it so
  if (await edit({ do: "move", at, to: Math.max(0, frameToSong(frame)) })) await arrived();
  if (movedBeat.value === moved) movedBeat.value = null; // else another is dragged by now
}

/** "This is one": a bar begins with the beat that is chosen, or under the playhead. */
function thisIsOne(fromHere = false) {
  const index = meant();
  const at = index === null ? songTime() ?? frameToSong(playhead.value) : seconds(index);
  return edit({ do: "one", at: Math.max(0, at), from_here: fromHere });
}

/** The keys of the waveform: choose a beat, move it, and what else there is to do with it. */
export function beatKeys(event) {
  const { beats: all } = grid.value;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const here = chosenBeat.value ?? beatAt(playhead.value) ?? 0;
  if (!all.length) return;
  if (step && event.altKey) edit({ do: "move", at: seconds(here), to: Math.max(0, seconds(here) + step * FINE) });
  else if (step) chosenBeat.value = Math.min(Math.max(0, chosenBeat.value === null ? here : here + step), all.length - 1);
  else if (event.key === "Enter") thisIsOne();
  else if (event.key === "Delete") edit({ do: "remove", at: seconds(here) });
  else if (event.key === "Escape") chosenBeat.value = null;
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** A beat in words: "beat 3 of bar 7, 0:12.4". */
export function beatWords(index) {
  const { beats: all, bars } = grid.value;
  const bar = bars.findLastIndex((time) => time <= all[index] + 1e-6);
  const first = bar < 0 ? 0 : all.findIndex((time) => time >= bars[bar] - 1e-6);
  return `beat ${index - first + 1} of bar ${bar + 1}, ${words(all[index] / facts.value.fps, 0.1)}`;
}

export function BeatTools() {
  const told = beats.value;
  const song = facts.value?.song;
  if (!song) return null;
  const count = taps.value.length;
  const own = player();
  return html`<div class="beat-tools" role="group" aria-label="Beats">
    ${facts.value.kind === "song" && own && html`<${PlaySong} />`}
    <button onClick=${(event) => tap(event.timeStamp)} disabled=${!told?.of} title="Tap each beat while the song plays (B)">
      Tap${count ? html` <b>${count}</b>` : ""} <kbd>B</kbd></button>
    ${count > 0 && html`<button class="main" onClick=${take}>Use the taps</button>
      <button class="plain" onClick=${forget}>Forget them</button>`}
    ${count === 0 && html`<button onClick=${() => thisIsOne()} disabled=${!told?.of || !grid.value.beats.length} title="A bar begins with the beat under the playhead">This is one</button>
      <${More} />`}
  </div>`;
}

/** A song that is on the stage by itself is played here too, for tapping. */
function PlaySong() {
  const [plays, setPlays] = useState(!player().paused);
  const toggle = () => {
    const own = player();
    if (own.paused) own.play().catch(() => {});
    else own.pause();
    setPlays(!own.paused);
    own.onpause = own.onplay = () => setPlays(!own.paused);
  };
  return html`<button aria-pressed=${plays} onClick=${toggle}>${plays ? "Pause" : "Play"}</button>`;
}

const DEEDS = [
  ["From here on: this is one", () => thisIsOne(true)],
  ["Half as many beats", () => edit({ do: "half" })],
  ["Twice as many beats", () => edit({ do: "double" })],
  ["All 10 ms earlier", () => edit({ do: "shift", by: -0.01 })],
  ["All 10 ms later", () => edit({ do: "shift", by: 0.01 })],
  ["A beat at the playhead", () => edit({ do: "add", at: Math.max(0, frameToSong(playhead.value)) })],
  ["A section begins here (N)", beginSection],
  ["No beat here", () => edit({ do: "remove", at: Math.max(0, meant() === null ? 0 : seconds(meant())) })],
];

function More() {
  const list = useRef(null);
  const told = beats.value;
  const act = (deed) => {
    list.current.open = false;
    deed();
  };
  return html`<details class="more" ref=${list} onKeyDown=${(event) => { if (event.key === "Escape") list.current.open = false; }}
      onFocusOut=${(event) => { if (list.current && !list.current.contains(event.relatedTarget)) list.current.open = false; }}>
    <summary aria-label="More for beats">Beats ▾</summary>
    <div class="popup">
      ${DEEDS.map(([text, deed]) => html`<button key=${text} class="plain" disabled=${!told?.of} onClick=${() => act(deed)}>${text}</button>`)}
      <button class="plain" disabled=${!told?.undo} onClick=${() => act(() => edit({ do: "undo" }))}>Undo the last change</button>
      <button class="plain" disabled=${!told?.redo} onClick=${() => act(() => edit({ do: "redo" }))}>Do it again</button>
      <p class="soft">${told?.of ? (told.map ? `${told.map} rules` : "As heard: the first change writes a beat map") : "Drop the song on the page to edit its beats and sections"}</p>
    </div>
  </details>`;
}

/** What is known of the music, in words; how far hearing it is. */
export function MusicWords() {
  const told = facts.value;
  if (!told?.song) return null;
  const { state } = told.music;
  if (told.song.fault) return html`<p class="bad" role="status">${told.song.fault}</p>`;
  if (state === "listening") return html`<p class="soft" role="status">The song is being heard, ${Math.round(100 * told.song.share)} %</p>`;
  const map = beats.value;
  const tempo = (grid.value.own ? map?.tempo : told.music.tempo) ?? map?.tempo;
  const metre = (grid.value.own ? map?.metre : told.music.metre) ?? map?.metre;
  if (!tempo && map?.state === "listening") {
    return html`<p class="soft" role="status">The song is being heard, ${Math.round(100 * map.share)} %</p>`;
  }
  if (!tempo) return html`<p class="soft">No beat was found: tap it</p>`;
  return html`<p class="soft" role="status">${Number(tempo.toPrecision(4))} bpm${metre ? ` in ${metre}` : ""}${grid.value.own
    ? ` · this ${facts.value.kind} keeps the beats and sections it began with (dotted); a new one goes by these` : ""}</p>`;
}
