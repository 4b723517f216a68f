// What the timeline shows: asked of the server for what is on the stage, and again where beats or the look change.
import { computed, effect, signal, untracked } from "@preact/signals";
import { get } from "../api.js";
import { on } from "../events.js";
import { plan } from "../plan.js";
import { item, items, keep, returns } from "../state.js";
import { fit, length, rate } from "./view.js";

const AGAIN = 900; // milliseconds until what is not ready is asked for again

export const facts = signal(null); // of /timeline
export const looked = signal(null); // the same with the look that is planned for a clip
export const beats = signal(null); // of /beats
export const failure = signal(""); // why there is no timeline

/** The look that is planned, as the server is asked for it: a preset's name, or "item:ID"; "" for none. */
export function lookOf() {
  const look = plan.preset.value;
  return typeof look === "string" ? look : look?.item ? `item:${look.item}` : "";
}

/** Whose timeline it is: {id, query}; null where there is nothing that has one. */
export const subject = computed(() => {
  const shown = item.value;
  if (shown?.kind === "clip" || shown?.kind === "film") return { id: shown.id, kind: shown.kind, query: "", total: shown.frames_total };
  if (shown && shown.kind !== "song" && shown.kind !== "picture") return null;
  const song = shown?.kind === "song" ? shown.id : plan.song.value;
  const picture = shown?.kind === "picture" ? shown.id : items.value.has(plan.picture.value) ? plan.picture.value : null;
  const id = song && items.value.has(song) ? song : picture;
  if (!id) return null;
  const asked = new URLSearchParams();
  if (lookOf()) asked.set("preset", lookOf());
  const { "clip.frames": frames, "clip.fps": fps } = plan.changes.value;
  if (Number.isInteger(frames)) asked.set("frames", frames);
  if (fps) asked.set("fps", fps);
  return { id, kind: id === song ? "song" : "picture", query: asked.toString(), total: 0 };
});

const name = computed(() => (subject.value ? `${subject.value.id}?${subject.value.query}#${subject.value.total}` : ""));
const look = computed(() => (subject.value?.kind === "clip" ? lookOf() : ""));
const rules = signal(0); // goes up where beats are others

let timer = 0;
let asks = 0;
let latest = null; // the promise of what was asked for last

/** Ask for all of it. */
function load() {
  latest = askAll();
  return latest;
}

/** When all that was asked for is there. */
export async function arrived() {
  for (let seen = null; seen !== latest;) await (seen = latest);
}

async function askAll() {
  clearTimeout(timer);
  const asked = ++asks;
  const about = subject.peek();
  if (!about) {
    facts.value = beats.value = null;
    return;
  }
  try {
    const told = await get(`/api/items/${about.id}/timeline?${about.query}`, { quiet: true });
    if (asked !== asks) return;
    if (facts.peek()?.of !== about.id) fit();
    length.value = told.frames;
    rate.value = told.fps;
    failure.value = "";
    facts.value = { ...told, of: about.id, kind: about.kind };
    keepLength(told.song);
    if (told.music.state === "listening") timer = setTimeout(load, AGAIN);
    const map = told.song?.map_of ? await get(`/api/items/${told.song.map_of}/beats`, { quiet: true }) : null;
    if (asked !== asks) return;
    beats.value = map;
    if (beats.value?.state === "listening") timer = setTimeout(load, AGAIN); // a clip has its beats, its song's are not heard yet
  } catch (error) {
    if (asked !== asks) return;
    failure.value = error.message;
    facts.value = beats.value = null;
  }
}

/** How long a song lasts is known once it was measured: the gallery and the estimate tell it from then on. */
function keepLength(song) {
  const known = items.peek().get(song?.of);
  if (known?.kind === "song" && song.seconds && known.seconds !== song.seconds) keep({ id: song.of, seconds: song.seconds });
}

effect(() => {
  if (name.value !== null) rules.value, returns.value, untracked(load);
});

effect(() => {
  const [preset, id] = (returns.value, [look.value, subject.value?.id]);
  looked.value = null;
  if (preset) {
    get(`/api/items/${id}/timeline?preset=${encodeURIComponent(preset)}`, { quiet: true })
      .then((told) => { if (look.peek() === preset) looked.value = told; }, () => {});
  }
});

on("item", ({ kind }) => { if (kind === "beats") checkMap(); });
on("beats", ({ id, version }) => {
  if (id === facts.peek()?.song?.map_of && version !== beats.peek()?.version) rules.value += 1;
});
addEventListener("focus", checkMap);

/** An editor may have written the map. */
function checkMap() {
  const of = facts.peek()?.song?.map_of;
  if (!of) return;
  get(`/api/items/${of}/beats`, { quiet: true }).then((told) => { if (told.version !== beats.peek()?.version) rules.value += 1; }, () => {});
}

/** Take over what the server says of beats after a change, and load what goes by them. */
export function keepBeats(told) {
  beats.value = told;
  rules.value += 1;
}

/** From seconds of the song to frames of the timeline, and back. */
const songToFrame = (seconds) => {
  const { start = 0, delay = 0 } = facts.value?.song ?? {};
  return (seconds - start + delay) * rate.value;
};
export const frameToSong = (frame) => {
  const { start = 0, delay = 0 } = facts.value?.song ?? {};
  return frame / rate.value + start - delay;
};

/**
 * Beats, bars and sections in frames: those of the map where it is edited. They may be others than those that a clip
 * began with, which are in `own` then: they rule its keys.
 */
export const grid = computed(() => {
  const told = facts.value;
  if (!told) return { beats: [], bars: [], sections: [], own: null };
  const frames = (times) => times.map((time) => time * told.fps);
  const spans = (all) => all.map(([label, start, end]) => ({ label, first: start * told.fps, stop: end * told.fps }));
  const { beats: times, bars, sections } = told.music;
  const mine = { beats: frames(times), bars: frames(bars), sections: spans(sections) };
  if (!told.own_music || beats.value?.state !== "known") return { ...mine, own: null };
  const shown = (all) => all.map(songToFrame).filter((frame) => frame >= 0);
  const map = {
    beats: shown(beats.value.beats), bars: shown(beats.value.bars),
    sections: beats.value.sections.map(([label, start, end]) => ({ label, first: Math.max(0, songToFrame(start)), stop: songToFrame(end) }))
      .filter(({ stop }) => stop > 0.5),
  };
  return isSame(mine, map, told.frames) ? { ...mine, own: null } : { ...map, own: mine };
});

/** Whether a clip goes by the beats and sections that its song's map has now, as far as it goes. */
function isSame(mine, map, last) {
  const near = (one, other) => Math.abs(one - other) < 0.002 * rate.value;
  const within = map.sections.filter(({ first }) => first < last);
  const kept = mine.sections.filter(({ first }) => first < last);
  return map.beats.length >= mine.beats.length && mine.beats.every((frame, place) => near(frame, map.beats[place])) &&
    within.length === kept.length && kept.every(({ label, first }, place) => label === within[place].label && near(first, within[place].first));
}
