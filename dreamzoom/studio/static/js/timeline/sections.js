// The song's sections: choose one, drag an edge, let one begin at the playhead, name one, take one out.
import { computed, effect, signal } from "@preact/signals";
import { html } from "../html.js";
import { playhead, tell } from "../state.js";
import { arrived, beats, facts, frameToSong, grid } from "./source.js";
import { nextBeat, snapEdge } from "./snap.js";
import { edit } from "./taps.js";
import { rate, toX, view, width } from "./view.js";
import { words } from "./words.js";

const FINE = 0.01; // seconds that a key moves an edge

export const chosenSection = signal(null); // its index
export const movedEdge = signal(null); // {from, to}: frames, while an edge is dragged

/** The sections as they are shown: an edge that is dragged is where the pointer is. */
export const shownSections = computed(() => {
  const { sections } = grid.value;
  const moved = movedEdge.value;
  if (!moved) return sections;
  const at = (frame) => (Math.abs(frame - moved.from) < 1e-6 ? moved.to : frame);
  return sections.map(({ label, first, stop }) => ({ label, first: at(first), stop: at(stop) }));
});

/** The edges that can be dragged: neither the song's start nor its end. */
const edges = computed(() => {
  const { sections } = grid.value;
  const end = frameOfEnd();
  const all = new Set(sections.flatMap(({ first, stop }) => [first, stop]));
  return [...all].filter((frame) => frame > 0.5 && frame < end - 0.5);
});

const frameOfEnd = () => {
  const { song } = facts.value;
  return song?.seconds ? (song.seconds - song.start + song.delay) * rate.value : facts.value.frames;
};

/** The edge that is nearest to a pixel, within some. */
export function edgeAt(x, reach) {
  const near = edges.value.map((frame) => ({ frame, away: Math.abs(toX(frame) - x) })).filter(({ away }) => away <= reach);
  return near.length ? near.reduce((one, other) => (other.away < one.away ? other : one)).frame : null;
}

/** Which section sounds at a frame; null for none. */
export function sectionAt(frame) {
  const found = grid.value.sections.findIndex(({ first, stop }) => frame >= first && frame < stop);
  return found < 0 ? null : found;
}

/** A moment within a section, in seconds of the song. */
const within = ({ first, stop }) => frameToSong((first + stop) / 2);

export async function moveEdge(from, to) {
  const moved = { from, to };
  movedEdge.value = moved; // it stays there until the timeline shows it so
  if (await edit({ do: "edge", at: frameToSong(from), to: Math.max(0, frameToSong(to)) })) await arrived();
  if (movedEdge.value === moved) movedEdge.value = null; // else another is dragged by now
}

/** A section begins at the playhead; its name is asked for. */
export async function beginSection() {
  if (!facts.value?.song) return false;
  if (facts.value.music.state === "listening") {
    tell("The song is being heard: its sections are known then.");
    return true;
  }
  const frame = snapEdge(playhead.value);
  if (!(await edit({ do: "split", at: Math.max(0, frameToSong(frame)) }))) return true;
  awaited.value = frame;
  return true;
}

const awaited = signal(null); // the frame at which a section is to begin, until it is shown
effect(() => {
  const frame = awaited.value;
  if (frame === null || !facts.value) return;
  const index = grid.value.sections.findIndex(({ first }) => Math.abs(first - frame) < 0.01);
  if (index < 0) return;
  chosenSection.value = index;
  setTimeout(() => {
    awaited.value = null;
    document.querySelector(".section-editor .named")?.select();
  });
});

const drop = async (index) => {
  if (await edit({ do: "drop", at: within(grid.value.sections[index]) })) chosenSection.value = null;
};

/** A section in words: "Section chorus, 0:32.0 to 1:04.0". */
function inWords({ label, first, stop }) {
  return `Section ${label}, ${words(first / rate.value, 0.1)} to ${words(stop / rate.value, 0.1)}`;
}

/** The keys of a section: go to its neighbours, move where it begins, name it, take it out. */
function keys(event, index) {
  const all = grid.value.sections;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const { first } = all[index];
  if (step && event.altKey) {
    if (edges.value.includes(first)) moveEdge(first, event.shiftKey ? first + step * FINE * rate.value : nextBeat(first, step));
  } else if (step) {
    const next = Math.min(Math.max(0, index + step), all.length - 1);
    chosenSection.value = next;
    event.currentTarget.parentElement.querySelector(`[data-index="${next}"]`)?.focus();
  } else if (event.key === "Enter" || event.key === "F2") document.querySelector(".section-editor .named")?.select();
  else if (["Delete", "Backspace"].includes(event.key)) drop(index);
  else if (event.key === "Escape") chosenSection.value = null;
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** What a screen reader and the keyboard have of the band; the drawing over it shows it, and pointers are the band's. */
export function Sections() {
  const [from, to] = view.value;
  const all = shownSections.value;
  const chosen = Math.min(chosenSection.value ?? sectionAt(playhead.peek()) ?? 0, all.length - 1);
  return html`<div class="sections" role="group" aria-label="Sections. Arrow keys choose one, Alt and arrow keys move where it begins, Enter names it, Delete takes it out.">
    ${all.map((each, index) => (index !== chosen && (each.stop <= from || each.first >= to) ? null : html`<button key=${index} class="section" data-index=${index}
      tabindex=${index === chosen ? 0 : -1} aria-label=${inWords(each)} aria-pressed=${chosenSection.value === index} title=${each.label}
      style=${{ left: `${Math.max(0, toX(each.first))}px`, width: `${Math.max(2, Math.min(toX(each.stop), width.value) - Math.max(0, toX(each.first)))}px` }}
      onFocus=${() => { chosenSection.value = index; }} onKeyDown=${(event) => keys(event, index)}></button>`))}
  </div>`;
}

/** The section that is chosen: its name, typed, and what else there is to do with it. */
export function SectionEditor() {
  const index = chosenSection.value;
  const section = grid.value.sections[index];
  const told = beats.value;
  const off = !told?.of;
  const rename = (event) => {
    const name = event.currentTarget.value.trim();
    if (name && name !== section.label) edit({ do: "name", at: within(section), name });
    else event.currentTarget.value = section.label;
  };
  const typed = (event) => {
    if (event.key === "Enter") event.currentTarget.blur();
    if (event.key !== "Escape") return;
    event.currentTarget.value = section.label;
    event.currentTarget.blur();
    chosenSection.value = null;
  };
  return html`<form class="key-editor section-editor" aria-label=${inWords(section)} onSubmit=${(event) => event.preventDefault()}>
    <label>Section <input class="named" aria-label="Name of the section" disabled=${off} key=${`${index} ${section.label} ${told?.version}`} defaultValue=${section.label}
      maxlength="100" spellcheck="false" autocomplete="off" onChange=${rename} onKeyDown=${typed} /></label>
    <span class="soft times">${words(section.first / rate.value, 0.1)} to ${words(section.stop / rate.value, 0.1)}</span>
    <button type="button" disabled=${off} onClick=${beginSection} title="A section begins at the playhead (N)">Split here <kbd>N</kbd></button>
    <button type="button" disabled=${off || grid.value.sections.length < 2} onClick=${() => drop(index)}>Delete</button>
    <button type="button" class="plain" disabled=${!told?.undo} onClick=${() => edit({ do: "undo" })}>Undo</button>
    <button type="button" class="plain" onClick=${() => { chosenSection.value = null; }}>Close</button>
    ${off && html`<p class="soft">Drop the song on the page to edit its sections</p>`}
  </form>`;
}
