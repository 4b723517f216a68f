// Looks by chance, and children of two looks.
import { signal } from "@preact/signals";
import { post } from "../api.js";
import { isFirstRun } from "../first.js";
import { html } from "../html.js";
import { useLook } from "../plan.js";
import { items, tell } from "../state.js";
import { Cards, LookCard } from "./grid.js";
import { catalogue, children, chosenLook, insist, loadLooks } from "./previews.js";

const seed = signal(""); // what stands in the field; "" draws one
const pair = signal({ one: "", other: "" }); // what the two fields say; "" is what is suggested
const drawn = signal(0); // the seed of the children that are shown

/** Take a look that is no preset: it becomes a recipe of the person's own, and the plan's. */
async function takeLook(look) {
  const own = catalogue.value.own.find((each) => each.id === look.id);
  if (own) {
    useLook({ item: own.item });
    return;
  }
  const kept = await post("/api/looks/keep", { look: look.id });
  await loadLooks();
  useLook({ item: kept.item });
  tell(`Kept among your looks as ${kept.name}.`);
}

async function draw(number) {
  const told = await post("/api/surprise", number === "" ? {} : { seed: Number(number) });
  seed.value = String(told.seed);
  insist();
  await loadLooks();
}

/** "Surprise me", and the latest surprises. */
export function Surprises() {
  const { surprises } = catalogue.value;
  const entry = surprises.find((look) => look.id === chosenLook.value) ?? surprises[0];
  return html`<section class="chance" aria-labelledby="chance-words">
    <h2 id="chance-words">By chance</h2>
    <form class="line" onSubmit=${(event) => { event.preventDefault(); draw(seed.value).catch(() => {}); }}>
      <button type="button" class=${isFirstRun.value ? "" : "main"} onClick=${() => draw("").catch(() => {})}>Surprise me</button>
      <label class="seed"><span class="soft">Seed</span>
        <input type="number" min="0" max="1000000000" step="1" inputmode="numeric" value=${seed.value}
          onInput=${(event) => { seed.value = event.target.value; }} /></label>
      <button disabled=${seed.value === ""} title="The same seed has the same look">Again</button>
    </form>
    ${surprises.length > 0 && html`<${Cards} label="Surprises">
      ${surprises.map((look) => html`<${LookCard} key=${look.id} look=${{ ...look, description: "" }} note=${`seed ${look.seed}`}
        isChosen=${look.id === chosenLook.value} entry=${look === entry} onChoose=${takeLook} />`)}
    <//>`}
  </section>`;
}

/** What may have children: looks by their ids, clips as "item:ID". */
function parents() {
  const { looks, own, surprises } = catalogue.value;
  const clips = [...items.value.values()].filter((facts) => facts.kind === "clip");
  const usable = (group) => group.filter((look) => !look.missing).map((look) => [look.id, look.title]);
  return [
    ["Looks", usable(looks)], ["Your looks", usable(own)], ["Surprises", usable(surprises)],
    ["Clips", clips.map((facts) => [`item:${facts.id}`, facts.name])],
  ].filter(([, group]) => group.length);
}

const asRef = (value) => (value.startsWith("item:") ? { item: value.slice(5) } : value);

async function breed(one, other, first) {
  const told = await post("/api/breed", { one: asRef(one), other: asRef(other), ...(first ? { seed: first } : {}) });
  children.value = told.children;
  drawn.value = told.children[0].seed;
  insist();
}

/** Two looks, and four children of them. */
export function Breeding() {
  const all = parents();
  const flat = all.flatMap(([, group]) => group.map(([id]) => id));
  const has = (value) => flat.includes(value);
  const one = has(pair.value.one) ? pair.value.one : chosenLook.value && has(chosenLook.value) ? chosenLook.value : flat[0];
  const other = has(pair.value.other) ? pair.value.other : flat.find((id) => id !== one);
  if (!one || !other) return null;
  const field = (name, label, value) => html`<select aria-label=${label} value=${value}
    onChange=${(event) => { pair.value = { ...pair.value, [name]: event.target.value }; }}>
    ${all.map(([words, group]) => html`<optgroup key=${words} label=${words}>
      ${group.map(([id, title]) => html`<option key=${id} value=${id} selected=${id === value}>${title}</option>`)}
    </optgroup>`)}
  </select>`;
  const entry = children.value.find((look) => look.id === chosenLook.value) ?? children.value[0];
  return html`<section class="chance" aria-labelledby="breed-words">
    <h2 id="breed-words">Breed two</h2>
    <div class="line">${field("one", "One look", one)}<span class="soft">and</span>${field("other", "The other look", other)}</div>
    <div class="line">
      <button onClick=${() => breed(one, other, 0).catch(() => {})}>Four children</button>
      ${drawn.value > 0 && html`<button class="plain" onClick=${() => breed(one, other, drawn.value + 4).catch(() => {})}>Four more</button>`}
    </div>
    ${children.value.length > 0 && html`<${Cards} label="Children">
      ${children.value.map((look) => html`<${LookCard} key=${look.id} look=${{ ...look, description: "" }} note=${look.seed}
        isChosen=${look.id === chosenLook.value} entry=${look === entry} onChoose=${takeLook} />`)}
    <//>`}
  </section>`;
}
