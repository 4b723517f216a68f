// Below the looks and the controls: every change, each with the way back, and the one button with how long it takes.
import { useState } from "preact/hooks";
import { rate, valueOf } from "./form/base.js";
import { defaults, rawWords, titleOf } from "./form/schema.js";
import { isFirstRun } from "./first.js";
import { html } from "./html.js";
import { asking, clear, dropChange, faults, from, goOn, isEmpty, notes, plan, useLook } from "./plan.js";
import { items } from "./state.js";
import { duration } from "./words.js";

/** What is changed, each with the way back, and the button. */
export function Changes() {
  const changes = Object.entries(plan.changes.value);
  const look = plan.of.value && plan.preset.value;
  const [open, setOpen] = useState(() => innerHeight > 850 && innerWidth > 900);
  const titles = [...(look ? ["look"] : []), ...changes.map(([key]) => titleOf(key).toLowerCase())];
  return html`<div class="changes-bar">
    ${titles.length > 0 && html`<div class="changes-head">
      <button class="plain" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        <span aria-hidden="true">${open ? "▾" : "▸"}</span> Changed: <span class="soft">${titles.join(", ")}</span></button>
      <button class="plain" onClick=${clear}>Undo all</button></div>
    ${open && html`<ul class="changes" aria-label="What is changed">
      ${look && html`<li><span>Look</span><span class="soft">${rawWords(plan.preset.value)}</span>
        <button class="icon-only plain" aria-label="Undo the look" title="As it was" onClick=${() => useLook(null)}>↺</button></li>`}
      ${changes.map(([key, raw]) => html`<li key=${key} class=${faults.value[key] ? "bad" : ""}>
        <span title=${key}>${titleOf(key)}</span><span class="soft">${rawWords(raw, key)}</span>
        <button class="icon-only plain" aria-label=${`Undo the change of ${titleOf(key)}`} title="As it was"
          onClick=${() => dropChange(key)}>↺</button></li>`)}
    </ul>`}`}
    ${notes.value.map((words) => html`<p key=${words} class="note">${words}</p>`)}
    <${Go} />
  </div>`;
}

/** The one button, and how long it takes; in the first run the one that counts stands on the stage. */
function Go() {
  const of = items.value.get(plan.of.value);
  const words = !of ? "Dream it" : from.value === null ? "Dream it anew" : `Go on from frame ${from.value}`;
  const isOff = asking.value || (of && isEmpty.value);
  const idle = of && isEmpty.value ? "is-idle" : "";
  return html`<button class=${`go ${isFirstRun.value ? "" : "main"} ${idle}`} disabled=${isOff} onClick=${goOn}>${words} <kbd>G</kbd></button>
    <p class="soft estimate">${of && isEmpty.value ? "Change something to make another take." : estimate(of)}</p>`;
}

/** How long it takes, by the latest clip that is known. */
function estimate(of) {
  const known = of?.seconds_per_frame ? of
    : [...items.value.values()].filter((each) => each.seconds_per_frame).sort((one, other) => (other.changed ?? 0) - (one.changed ?? 0))[0];
  if (!known || !Object.keys(defaults.value).length) return "How long it takes is known once a clip was rendered.";
  const song = items.value.get(plan.song.value);
  const total = song?.seconds && !("clip.frames" in plan.changes.value) ? song.seconds * rate.value : Number(valueOf("clip.frames"));
  if (plan.song.value && !song?.seconds) return "How long it takes is known once the song is.";
  const [width, height] = String(valueOf("clip.size")).split("x").map(Number);
  const share = of ? 1 : (width * height) / (known.size[0] * known.size[1]);
  const frames = Math.max(0, total - (of ? from.value ?? 0 : 0));
  return `${Math.round(frames)} frames, about ${duration(Math.max(1, frames * known.seconds_per_frame * share))}, judging by ${known.name}`;
}
