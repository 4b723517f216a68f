// The Direct tab: what is directed, the controls, every change, and the one button. Nothing is rendered before it.
import { effect, signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { put, rate, valueOf } from "./form/base.js";
import { Field } from "./form/field.js";
import { read } from "./form/numbers.js";
import { defaults, rawWords, schema, titleOf } from "./form/schema.js";
import { Subject } from "./form/subject.js";
import { html } from "./html.js";
import { bind } from "./keys.js";
import { asking, check, clear, dropChange, fallAt, faults, from, goOn, isEmpty, notes, plan, useLook } from "./plan.js";
import { whenAimed } from "./stage/fall.js";
import { items } from "./state.js";
import { duration } from "./words.js";

whenAimed(fallAt);
bind("g", "dream it, or go on from here", () => { goOn(); }, "Direct");

let asked = 0;
effect(() => { // what is wrong is told at the field, soon after it was changed
  const count = Object.keys(plan.changes.value).length;
  const subject = [plan.of.value, plan.preset.value, plan.at.value];
  clearTimeout(asked);
  if (count && subject) asked = setTimeout(check, 350);
  else {
    faults.value = {};
    notes.value = [];
  }
});

export function Direct() {
  const climbs = valueOf("dream.class") !== "" && valueOf("dream.class") !== undefined ? "class" : "layer";
  const [chosen, choose] = useState(null);
  const kind = chosen ?? climbs;
  return html`<div class="direct">
    <${Subject} />
    <${Group} name="Motion">
      <${Field} of="camera.zoom" /><${Field} of="camera.rotate" /><${Field} of="camera.target" />
    <//>
    <${Group} name="Dream">
      <div class="field"><span class="label" id="climbs">Dream of</span>
        <div class="control segments" role="group" aria-labelledby="climbs">
          <button aria-pressed=${kind === "layer"} onClick=${() => { choose("layer"); put("dream.class", ""); }}>a layer</button>
          <button aria-pressed=${kind === "class"} onClick=${() => choose("class")}>a thing</button>
        </div></div>
      <${Field} of=${kind === "class" ? "dream.class" : "dream.layer"} />
      <${Field} of="dream.iterations" /><${Field} of="dream.step_size" /><${Field} of="dream.octaves" />
    <//>
    <${Group} name="Colours"><${Field} of="colour.palette" /><${Field} of="colour.hold" /><//>
    <${Group} name="Clip"><${Length} /><${Field} of="clip.size" /><${Field} of="clip.fps" /><${Seed} /><//>
    <${EveryKey} />
    <${Changes} />
  </div>`;
}

function Group({ name, children }) {
  return html`<section class="group" aria-label=${name}><h3>${name}</h3>${children}</section>`;
}

/** How long the clip is, in seconds; a song decides it by itself. */
function Length() {
  const frames = valueOf("clip.frames");
  if (plan.song.value && !("clip.frames" in plan.changes.value)) {
    return html`<div class="field"><span class="label">Length</span><div class="control soft">as long as the song</div></div>`;
  }
  const change = (event) => {
    const seconds = read(event.target.value);
    if (typeof seconds === "number") put("clip.frames", Math.max(1, Math.round(seconds * rate.value)));
    else event.target.value = shown;
  };
  const shown = frames ? String(Math.round((frames / rate.value) * 100) / 100) : "";
  return html`<div class="field"><label for="main-length">Length <small class="soft">seconds</small></label>
    <div class="control"><div class="number">
    <input id="main-length" type="text" inputmode="decimal" value=${shown} onChange=${change} />
    <span class="soft">${frames} frames</span></div>
    ${faults.value["clip.frames"] && html`<p class="bad">${faults.value["clip.frames"]}</p>`}</div></div>`;
}

function Seed() {
  const roll = () => put("clip.seed", Math.floor(Math.random() * 100000));
  return html`<div class="seed"><${Field} of="clip.seed" /><button class="plain" onClick=${roll}>Another seed</button></div>`;
}

const sought = signal("");

/** All keys, by table, with a search. */
function EveryKey() {
  const words = sought.value.trim().toLowerCase();
  const [open, setOpen] = useState(false);
  const { keys, tables } = schema.value;
  const fits = (key) => !words || `${key} ${titleOf(key)} ${keys[key].help}`.toLowerCase().includes(words);
  return html`<details class="every" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>Every setting</summary>
    ${open && html`<label class="hidden" for="seek-key">Search the settings</label>
    <input id="seek-key" type="search" placeholder="search: jitter, mirrors, drums" value=${sought.value}
      onInput=${(event) => { sought.value = event.target.value; }} />
    ${tables.map(({ name, help }) => {
      const found = Object.keys(keys).filter((key) => key.startsWith(`${name}.`) && key !== "clip.image" && fits(key));
      return found.length > 0 && html`<section key=${name} class="group" aria-label=${name}>
        <h3 title=${help}>${name}</h3>
        ${found.map((key) => html`<${Field} key=${key} of=${key} where="all" hasHelp />`)}
      </section>`;
    })}`}
  </details>`;
}

/** What is changed, each with the way back, and the button. */
function Changes() {
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

/** The one button, and how long it takes. */
function Go() {
  const of = items.value.get(plan.of.value);
  const words = !of ? "Dream it" : from.value === null ? "Dream it anew" : `Go on from frame ${from.value}`;
  const isOff = asking.value || (of && isEmpty.value);
  return html`<button class="main go" disabled=${isOff} onClick=${goOn}>${words} <kbd>G</kbd></button>
    <p class="soft estimate">${of && isEmpty.value ? "Change something, and this makes another take of it." : estimate(of)}</p>`;
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
