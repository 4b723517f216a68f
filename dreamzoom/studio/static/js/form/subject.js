// What is directed: another take of a clip, or a new clip of a picture, with or without a song, in a look.
import { html } from "../html.js";
import { from, plan, startAt, turnTo, useLook, usePicture, useSong } from "../plan.js";
import { fps, item, items, panel, playhead } from "../state.js";
import { itemsOf } from "./files.js";
import { schema } from "./schema.js";

export function Subject() {
  return plan.of.value ? html`<${Take} />` : html`<${NewClip} />`;
}

function Take() {
  const clip = items.value.get(plan.of.value);
  if (!clip) return html`<p class="soft">That clip is not there any more.</p>`;
  const frame = from.value;
  return html`<section class="subject" aria-label="What is directed">
    <img src=${`/api/items/${clip.id}/picture?width=160`} alt="" />
    <div>
      <strong>Another take of ${clip.name}</strong>
      <p class="soft">${frame === null ? "from its beginning: frames that stay the same are shared"
        : `new from frame ${frame} (${(frame / (clip.fps || fps.value)).toFixed(2)} s)`}</p>
    </div>
    <div class="choices-row">
        ${plan.at.value === null
          ? html`<button class="plain" disabled=${frame === null} onClick=${() => startAt(frame)}>${frame === null ? "Stay at this frame" : `Stay at frame ${frame}`}</button>`
          : html`<button class="plain" onClick=${() => startAt(null)}>Follow the playhead (${playhead.value})</button>`}
        <button class="plain" onClick=${() => turnTo("new")}>A new clip instead</button>
        <${Look} own="its own" />
    </div>
  </section>`;
}

const GENERATED = ["clouds", "hills", "marble", "nebula", "noise", "grey"];

function NewClip() {
  const picture = plan.picture.value === "clouds" ? "" : plan.picture.value ?? "";
  const clip = item.value?.kind === "clip" ? item.value : null;
  const words = schema.value.keys["clip.image"]?.words ?? GENERATED;
  return html`<section class="subject is-new" aria-label="What is directed">
    ${items.value.has(picture) && html`<img src=${`/api/items/${picture}/picture?width=160`} alt="" />`}
    <div>
      <strong>A new clip</strong>
      ${clip && html`<button class="plain" onClick=${() => turnTo(clip.id)}>A take of ${clip.name} instead</button>`}
      <div class="field"><label for="new-picture">Picture</label><div class="control">
        <select id="new-picture" value=${picture} onChange=${(event) => usePicture(event.target.value || null)}>
          <option value="">clouds, made from nothing</option>
          ${itemsOf("picture").map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
          ${words.filter((word) => word !== "clouds").map((word) => html`<option key=${word} value=${word}>${word}, made from nothing</option>`)}
        </select></div></div>
      <div class="field"><label for="new-song">Song</label><div class="control">
        <select id="new-song" value=${plan.song.value ?? ""} onChange=${(event) => useSong(event.target.value || null)}>
          <option value="">none</option>
          ${itemsOf("song").map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
        </select></div></div>
      <${Look} own="bestiary" />
    </div>
  </section>`;
}

function Look({ own }) {
  const preset = plan.preset.value;
  const name = preset?.item ? items.value.get(preset.item)?.name ?? "a recipe" : schema.value.presets[preset]?.title ?? preset;
  return html`<p class="look-line"><span class="soft">Look</span>
    <button class="chip" onClick=${() => { panel.value = "look"; }}>${name ?? own}</button>
    ${preset && html`<button class="plain" onClick=${() => useLook(null)}>Undo</button>`}</p>`;
}
