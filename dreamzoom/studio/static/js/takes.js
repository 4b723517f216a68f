// The Takes tab: a family's takes as a tree, and what tells the two apart that are compared.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { frameUrl, get } from "./api.js";
import { candidates, figures, frameBeside, gain, MODES, other, recipesApart, setMode, swap, toggle } from "./compare.js";
import { rawWords, titleOf } from "./form/schema.js";
import { FilmsApart } from "./film/apart.js";
import { html } from "./html.js";
import { choose, chosen, compared, compareMode, follows, item, items, playhead, returns, seek } from "./state.js";
import { duration, progress } from "./words.js";

const family = signal({ of: null, takes: [] });
const apart = signal(null); // {of, keys, first, shared}

async function loadFamily(id) {
  const { takes } = await get(`/api/items/${id}/family`, { quiet: true });
  if (chosen.value === id) family.value = { of: id, takes };
}

async function loadApart(one, two) {
  const of = `${one} ${two}`;
  if (apart.value?.of !== of) apart.value = null;
  const found = await recipesApart(one, two);
  if (chosen.value === one && compared.value === two) apart.value = { of, ...found };
}

/** Another take on the stage, at the same frame where it has that. */
function change(facts) {
  const frame = playhead.value;
  const followed = follows.value;
  choose(facts.id, !followed && frame < (facts.frames_done ?? 0) ? frame : null);
}

const nameOf = (take) => (take.take > 1 ? `Take ${take.take}` : "First take");

function Row({ take, takes }) {
  const facts = items.value.get(take.id) ?? { id: take.id, name: take.name };
  const parent = takes.find((each) => each.id === take.parent);
  const isShown = take.id === chosen.value;
  const seconds = facts.fps && take.at ? ` (${duration(take.at / facts.fps)})` : "";
  const newest = Math.max(0, (facts.frames_done ?? 0) - 1);
  const below = takes.filter((each) => each.parent === take.id);
  return html`<li>
    <div class=${`take ${isShown ? "shown" : ""}`}>
      <button class="plain pick" aria-pressed=${isShown} title=${facts.name} onClick=${() => change(facts)}>
        ${facts.frames_done > 0
          ? html`<img src=${frameUrl(take.id, newest, 160)} alt="" width="64" height="36" loading="lazy" />`
          : html`<span class="empty"></span>`}
        <span><strong>${nameOf(take)}</strong>
          <span class="soft" title=${parent ? `of ${nameOf(parent).toLowerCase()}` : ""}>${parent ? `from frame ${take.at}${seconds}` : facts.name}</span>
          <span class="soft">${facts.state === "done" ? `${facts.frames_done} frames` : progress(facts)}</span></span>
      </button>
      ${!isShown && facts.frames_done > 0 && html`<button aria-pressed=${take.id === compared.value}
        aria-label=${`Compare with ${nameOf(take).toLowerCase()}`}
        onClick=${() => { compared.value = take.id === compared.value ? null : take.id; }}>Compare</button>`}
    </div>
    ${below.length > 0 && html`<ul>${below.map((each) => html`<${Row} key=${each.id} take=${each} takes=${takes} />`)}</ul>`}
  </li>`;
}

/** Two values of a key in few words; as they are written where few words do not tell them apart. */
function words(key, one, two) {
  const short = [one, two].map((raw) => (raw === "" || raw === null || raw === undefined ? "none" : String(rawWords(raw, key))));
  return short[0] === short[1] ? [one, two].map((raw) => JSON.stringify(raw)) : short;
}

const shortName = (facts, beside) => (facts.family !== undefined && facts.family === beside.family ? nameOf(facts) : facts.name);

function Apart() {
  const found = apart.value;
  if (!found) return null;
  const [one, two] = [item.value, other.value];
  return html`<p class="soft">${found.first === null
      ? `All ${found.shared} frames that both have are the same.`
      : found.first === 0 ? "They differ from the first frame on."
        : html`They differ from frame ${found.first} on. <button class="small" onClick=${() => seek(found.first)}>Go there</button>`}</p>
    ${found.keys.length === 0 ? html`<p class="soft">Their recipes are the same.</p>`
      : html`<div class="apart"><table><caption class="hidden">Where the recipes differ</caption>
        <thead><tr><th scope="col">Setting</th><th scope="col">${shortName(one, two)}</th><th scope="col">${shortName(two, one)}</th></tr></thead>
        <tbody>${found.keys.map(({ key, one: left, other: right }) => html`<tr key=${key}><th scope="row" title=${key}>${titleOf(key)}</th>
          ${words(key, left, right).map((told, place) => html`<td key=${place} title=${JSON.stringify([left, right][place])}>${told}</td>`)}</tr>`)}</tbody></table></div>`}`;
}

function Figures() {
  const now = figures.value;
  const [one, two] = [item.value, other.value];
  const beside = frameBeside(playhead.value, one, two);
  if (!now || now.frame !== playhead.value) return html`<p class="soft unlike">Frame ${playhead.value}</p>`;
  const told = now.share === 0 ? "the same picture"
    : `${(100 * now.share).toFixed(now.share < 0.1 ? 1 : 0)} % of the picture differs, by ${now.mean.toFixed(1)} of 255 on average`;
  const last = beside === now.frame ? "" : beside === two.frames_done - 1 ? ` beside the last of ${two.name}, ${beside}` : ` beside ${beside}`;
  return html`<p class="soft unlike" aria-live="polite">Frame ${now.frame}${last}: ${told}</p>`;
}

function Compared() {
  const choices = candidates();
  const two = other.value;
  if (!choices.length) return html`<p class="soft">Go on differently from some frame, and the two can be compared here.</p>`;
  return html`<h2>Compare</h2>
    <label>With <select value=${two?.id ?? ""} onChange=${(event) => { compared.value = event.currentTarget.value || null; }}>
      <option value="">nothing</option>
      ${choices.map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`)}
    </select></label>
    <div class="modes" role="group" aria-label="How the two are shown">
      ${MODES.map(([mode, label]) => html`<button key=${mode} aria-pressed=${two !== null && mode === compareMode.value}
        onClick=${() => setMode(mode)}>${label}</button>`)}
      <button disabled=${!two} onClick=${swap}>Swap</button>
      <button disabled=${!two} onClick=${toggle}>Close</button>
    </div>
    ${two && compareMode.value === "difference" && html`<label>Amplified <select value=${gain.value}
      onChange=${(event) => { gain.value = Number(event.currentTarget.value); }}>
      ${[1, 4, 8, 16, 32].map((times) => html`<option key=${times} value=${times}>${times === 1 ? "not" : `${times} times`}</option>`)}</select></label>`}
    ${two && html`<${Figures} />`}
    ${two && (apart.value?.scenes ? html`<${FilmsApart} one=${item.value} two=${two} apart=${apart.value} />` : html`<${Apart} />`)}
    <p class="soft for-desk">Keys: C compares, W wipes, D shows the difference, X swaps.</p>`;
}

export function Takes() {
  const one = item.value;
  const kin = [...items.value.values()].filter((each) => one?.family !== undefined && each.family === one.family);
  const begun = kin.map((each) => `${each.id}${each.frames_done > 0}`).join();
  useEffect(() => { if (one?.kind === "clip") loadFamily(one.id).catch(() => {}); }, [one?.id, begun, returns.value]);
  const two = other.value;
  const areAlike = one?.kind === two?.kind && (one?.kind === "clip" || one?.kind === "film");
  useEffect(() => {
    if (areAlike) loadApart(one.id, two.id).catch(() => { apart.value = null; });
    else apart.value = null;
  }, [one?.id, two?.id, one?.frames_total, two?.frames_total, one?.state, two?.state, one?.kind === "film" && one.changed, two?.kind === "film" && two.changed, returns.value]);
  if (!one || (one.kind !== "clip" && one.kind !== "film")) return html`<p class="soft">Choose a clip in the gallery to see its takes.</p>`;
  const takes = family.value.of === one.id ? family.value.takes : [];
  return html`<div class="takes">
    ${one.kind === "clip" && html`<h2 title=${one.family ?? one.name}>Takes of ${one.family ?? one.name}</h2>
      <ul class="tree">${takes.filter((take) => !take.parent).map((take) => html`<${Row} key=${take.id} take=${take} takes=${takes} />`)}</ul>`}
    <${Compared} />
  </div>`;
}
