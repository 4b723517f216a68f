// The Direct tab: what is directed, the controls, and the one button. Nothing is rendered before it.
import { effect, signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { put, rate, valueOf } from "./form/base.js";
import { Field } from "./form/field.js";
import { read } from "./form/numbers.js";
import { schema, titleOf } from "./form/schema.js";
import { Subject } from "./form/subject.js";
import { Changes } from "./going.js";
import { html } from "./html.js";
import { bind } from "./keys.js";
import { check, fallAt, faults, goOn, notes, plan } from "./plan.js";
import { whenAimed } from "./stage/fall.js";
import { Typed } from "./typed.js";

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

const explains = signal(false); // whether the main settings say what they do
const field = (of) => html`<${Field} key=${of} of=${of} hasHelp=${explains.value} />`;

export function Direct() {
  const climbs = valueOf("dream.class") !== "" && valueOf("dream.class") !== undefined ? "class" : "layer";
  const [chosen, choose] = useState(null);
  const kind = chosen ?? climbs;
  return html`<div class="direct">
    <${Subject} />
    <${Group} name="Motion" aside=${html`<${Explain} />`}>
      ${field("camera.zoom")}${field("camera.rotate")}${field("camera.target")}
    <//>
    <${Group} name="Dream">
      <div class="field"><span class="label" id="climbs">Dream of</span>
        <div class="control segments" role="group" aria-labelledby="climbs">
          <button aria-pressed=${kind === "layer"} onClick=${() => { choose("layer"); put("dream.class", ""); }}>a layer</button>
          <button aria-pressed=${kind === "class"} onClick=${() => choose("class")}>a thing</button>
        </div></div>
      ${field(kind === "class" ? "dream.class" : "dream.layer")}
      ${field("dream.iterations")}${field("dream.step_size")}${field("dream.octaves")}
    <//>
    <${Group} name="Several things at once">
      ${field("dream.goal")}${field("dream.region")}${field("clip.dissolve")}
    <//>
    <${Group} name="Colours">${field("colour.palette")}${field("colour.hold")}<//>
    <${Group} name="Clip"><${Length} />${field("clip.size")}${field("clip.fps")}<${Seed} /><//>
    <${EveryKey} />
    <${Changes} />
  </div>`;
}

function Group({ name, aside, children }) {
  return html`<section class="group" aria-label=${name}><div class="group-head"><h3>${name}</h3>${aside}</div>${children}</section>`;
}

/** What each of the settings does, in a line below it: on hovering it is told anyway, which a finger cannot. */
function Explain() {
  return html`<button class="plain" aria-pressed=${explains.value} onClick=${() => { explains.value = !explains.value; }}>What do these do?</button>`;
}

/** How long the clip is, in seconds; a song decides it by itself. */
function Length() {
  const frames = valueOf("clip.frames");
  if (plan.song.value && !("clip.frames" in plan.changes.value)) {
    return html`<div class="field"><span class="label">Length</span><div class="control soft">as long as the song</div></div>`;
  }
  const change = (text) => {
    const seconds = read(text);
    if (typeof seconds === "number") put("clip.frames", Math.max(1, Math.round(seconds * rate.value)));
  };
  const shown = frames ? String(Math.round((frames / rate.value) * 100) / 100) : "";
  return html`<div class="field"><label for="main-length">Length <small class="soft">seconds</small></label>
    <div class="control"><div class="number">
    <${Typed} id="main-length" inputmode="decimal" value=${shown} put=${change} />
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
