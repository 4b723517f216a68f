// Playing at true speed: the song is the clock where there is one, else time is. Frames are dropped, never slowed.
import { effect, signal } from "@preact/signals";
import { chosen, connected, fps, item, lastFrame, marks, playhead, repeats, seek, speed } from "../state.js";
import { room } from "./frames.js";
import { addressOf, at, loadAhead, plays } from "./show.js";

const AHEAD = 2; // seconds that are loaded ahead, as far as they fit
const CATCH_UP = 0.08; // seconds that the song may be off before it is moved

export const volume = signal(Number(localStorage.getItem("volume") ?? 0.8));
export const muted = signal(localStorage.getItem("muted") === "yes");
export const dropped = signal(0); // frames that were not shown since play began

const song = new Audio();
song.preload = "auto";
let songOf = null; // the id of the item whose song is loaded
let anchor = { frame: 0, time: 0 }; // where play began, and when
let mine = -1; // the frame that the clock itself has put the playhead on
let stride = 1; // of how many frames one is loaded: more where they come too slowly
let late = 0;
let running = 0;

/** The first and the last frame that play keeps to. */
export function span() {
  const last = lastFrame.value;
  const from = Math.min(marks.value.from ?? 0, last);
  return { from, to: Math.max(from, Math.min(marks.value.to ?? last, last)) };
}

const marked = () => marks.value.from !== null || marks.value.to !== null;
const comesAgain = () => repeats.value || marked() || Boolean(item.value?.is_loop);

/** Play, or stand still. */
export function toggle() {
  speed.value = speed.value === 0 ? 1 : 0;
}

/** J and L: begin, or twice as fast, up to four times. */
export function shuttle(direction) {
  const now = speed.value;
  speed.value = Math.sign(now) === direction ? direction * Math.min(4, Math.abs(now) * 2) : direction;
}

/** Where a frame is in the song, in seconds. */
export function songTime(frame) {
  return (item.value?.song_start ?? 0) + frame / fps.value;
}

/** Where the song that is heard is now, in seconds; null while none is. */
export const songNow = () => (song.paused || song.ended ? null : song.currentTime);

function begin() {
  const { from, to } = span();
  const forwards = speed.value > 0;
  const here = playhead.value;
  if (here < from || here > to || (forwards ? here >= to : here <= from)) seek(forwards ? from : to);
  seek(playhead.value);
  dropped.value = 0;
  stride = Math.max(1, Math.round(Math.abs(speed.value)));
  moveTo(playhead.value);
  if (!running) running = requestAnimationFrame(tick);
}

function moveTo(frame) {
  mine = frame;
  anchor = { frame, time: performance.now() };
  late = 0;
  startSong(frame);
}

function startSong(frame) {
  const facts = item.value;
  if (!facts?.has_song || speed.value < 0) {
    song.pause();
    return;
  }
  if (songOf !== facts.id) {
    song.src = `/api/items/${facts.id}/song`;
    songOf = facts.id;
  }
  song.playbackRate = speed.value;
  const time = songTime(frame);
  if (time < 0) return song.pause();
  song.currentTime = time;
  song.play().catch(() => {}); // no sound: time is the clock
}

/** Where play is now, in frames; not yet kept within the span. */
function position(now) {
  const byTime = anchor.frame + ((now - anchor.time) / 1000) * fps.value * speed.value;
  if (song.paused || song.ended || song.seeking || song.readyState < 3) {
    const waits = songOf === chosen.value && speed.value > 0 && song.paused && !song.ended;
    if (waits && songTime(anchor.frame) < 0 && songTime(byTime) >= 0) startSong(byTime);
    return byTime;
  }
  const bySong = anchor.frame + (song.currentTime - songTime(anchor.frame)) * fps.value;
  const off = Math.abs(bySong - byTime) / fps.value;
  if (off > CATCH_UP) anchor = { frame: bySong, time: now };
  return bySong;
}

function tick(now) {
  running = 0;
  if (speed.value === 0) return;
  running = requestAnimationFrame(tick);
  if (playhead.value !== mine) moveTo(playhead.value); // somebody has scrubbed
  const { from, to } = span();
  let wanted = Math.floor(position(now) + 1e-6);
  if (speed.value > 0 ? wanted > to : wanted < from) {
    if (!comesAgain() || to === from) {
      seek(speed.value > 0 ? to : from);
      speed.value = 0;
      return;
    }
    moveTo(speed.value > 0 ? from : to);
    wanted = mine;
  }
  showBest(Math.min(Math.max(wanted, from), to));
  prefetch(wanted, from, to);
}

/** Put the playhead on the frame that is due, or on the latest before it that is there. */
function showBest(wanted) {
  const step = Math.sign(speed.value);
  for (let frame = wanted; frame !== playhead.value; frame -= step) {
    if (Math.abs(wanted - frame) > fps.value) break;
    if (!at(addressOf(frame))) continue;
    dropped.value += Math.max(0, Math.abs(frame - playhead.value) - Math.max(1, Math.abs(speed.value)));
    mine = frame;
    playhead.value = frame;
    late = 0;
    return;
  }
  if (wanted === playhead.value) return;
  late += 1;
  if (late % 20 === 0) stride = Math.min(stride * 2, 32);
}

/** Load what comes next, nearest first; what would come too late is left out. */
function prefetch(wanted, from, to) {
  if (!connected.value) return; // a request at each frame of the screen would come to nothing
  const bitmapRoom = room(...(item.value?.size ?? [1280, 720]));
  const reach = Math.min(bitmapRoom, Math.ceil((AHEAD * fps.value * Math.abs(speed.value)) / stride));
  const step = Math.sign(speed.value) * stride;
  const length = to - from + 1;
  const addresses = [];
  for (let count = late > 10 ? 2 : 1; count <= reach; count += 1) {
    let frame = Math.round(wanted / stride) * stride + count * step;
    if (frame > to || frame < from) {
      if (!comesAgain() || count >= length) break;
      frame = from + ((((frame - from) % length) + length) % length);
    }
    addresses.push(addressOf(frame));
  }
  loadAhead(addresses);
}

/** Begin to listen to the speed, the volume and the item. */
export function beginPlaying() {
  effect(() => {
    if (speed.value !== 0 && plays(item.peek())) queueMicrotask(begin);
    else song.pause();
  });
  effect(() => {
    song.volume = volume.value;
    song.muted = muted.value;
    localStorage.setItem("volume", String(volume.value));
    localStorage.setItem("muted", muted.value ? "yes" : "no");
  });
  effect(() => { if (chosen.value !== songOf) song.pause(); });
  song.addEventListener("error", () => { songOf = null; }); // the next play asks for it anew
}
