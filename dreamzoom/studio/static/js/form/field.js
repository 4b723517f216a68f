// A field for a key of the recipe, made of what the schema says of it.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { dropChange, faults, plan } from "../plan.js";
import { curveKey, room } from "../state.js";
import { base, put, valueOf } from "./base.js";
import { controlOf } from "./controls.js";
import { Palette } from "./files.js";
import { Rows, tidy } from "./rows.js";
import { isSame, isTable, keyCount, schema, titleOf, unitWords } from "./schema.js";

/** Rows that say the same as those that were there are no change, however much of it is written. */
function putRows(of, rows) {
  const { keys } = schema.value.keys[of];
  put(of, isSame(tidy(rows, keys), tidy(base.value[of], keys)) ? base.value[of] : rows);
}

/** A key's field: its name, its control, what is wrong with it, and the way back. `where` keeps ids apart. */
export function Field({ of, where = "main", hasHelp = false }) {
  const form = schema.value.keys[of];
  if (!form || form.of_new_clips || (plan.of.value && form.of_the_whole_clip)) return null;
  const id = `${where}-${of.replace(".", "-")}`;
  const raw = valueOf(of);
  const fault = of in plan.changes.value ? faults.value[of] : "";
  const isRows = form.kind === "rows";
  const small = form.unit && unitWords(form.unit);
  const Control = of === "colour.palette" ? Palette : isRows ? Rows : controlOf(form);
  const set = (next) => (isRows ? putRows(of, next) : put(of, next));
  const moves = (form.kind === "number" || form.kind === "point") && form.moves;
  const isMoving = (isTable(raw) && !isRows && form.kind !== "files") || (form.kind === "point" && Array.isArray(raw) && raw.some(isTable));
  return html`<div class=${`field ${of in plan.changes.value ? "is-changed" : ""} ${isRows || form.kind === "files" ? "is-wide" : ""}`}>
    <label for=${id} title=${form.help}>${titleOf(of)}${small && html` <small class="soft">${small}</small>`}</label>
    <span class="aside">
      ${moves && html`<button class="icon-only plain curve" aria-label=${`Draw the curve of ${titleOf(of)}`}
        title="Draw its curve" onClick=${() => drawCurve(of)}><${Curve} /></button>`}
      ${of in plan.changes.value && html`<button class="icon-only plain" aria-label=${`Undo ${titleOf(of)}`}
        title="As it was" onClick=${() => dropChange(of)}>↺</button>`}
    </span>
    <div class="control">
      ${isMoving && form.kind !== "class" && form.kind !== "layer"
        ? html`<${Moving} of=${of} id=${id} form=${form} raw=${raw} />`
        : html`<${Control} of=${of} id=${id} form=${form} raw=${raw} put=${set} fault=${fault} />`}
    </div>
    ${hasHelp && html`<p class="soft help-line">${form.help}</p>`}
    ${fault && !isRows && html`<p class="bad" id=${`${id}-fault`} role="alert">${fault}</p>`}
  </div>`;
}

const Curve = () => html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
  <path d="M2 15c5 0 5-10 9-10s3 6 7 6" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" /></svg>`;

/** Open the timeline on a key. */
function drawCurve(key) {
  curveKey.value = key;
  room.value = "stage";
}

/** A key that goes by keyframes. */
function Moving({ of, id, form, raw }) {
  const [count] = useState(() => 0);
  const track = Array.isArray(raw) ? raw.find(isTable) : raw;
  const last = Object.entries(track).filter(([time]) => time !== "ease" && time !== "repeat").at(-1)?.[1] ?? count;
  const still = form.kind === "point" ? raw.map((each) => (isTable(each) ? Number(Object.values(each)[0]) || 0.5 : each))
    : isTable(last) ? last.value : last;
  return html`<button id=${id} class="moving" aria-label=${`${titleOf(of)}: ${keyCount(track)} keyframes`} onClick=${() => (form.moves ? drawCurve(of) : null)}>
      ${keyCount(track)} keys</button>
    <button class="plain" onClick=${() => put(of, still)}>Hold it</button>`;
}
