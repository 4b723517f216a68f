// The Look tab: every look as a moving picture of the person's own picture, surprises, children, palettes.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { post } from "./api.js";
import { isFirstRun, Steps } from "./first.js";
import { Changes } from "./going.js";
import { html } from "./html.js";
import { Breeding, Surprises } from "./looks/chance.js";
import { Cards, LookCard, playsAll } from "./looks/grid.js";
import { Palettes } from "./looks/palettes.js";
import {
  beLookedAt, catalogue, chosenLook, frame, insist, isWorking, loadLooks, progress, show, sitterName, waits,
} from "./looks/previews.js";
import { isEmpty, plan, useLook } from "./plan.js";
import { items, playhead, tell } from "./state.js";

const search = signal("");

export function Looks() {
  useEffect(() => { show(true); return () => show(false); }, []);
  const look = () => beLookedAt(); // previews are made once somebody turns to them, not for a tab that is merely open
  const { looks, own } = catalogue.value;
  const word = search.value.trim().toLowerCase();
  const found = (group) => group.filter((look) => `${look.title} ${look.description} ${look.palette}`.toLowerCase().includes(word));
  const [ours, yours] = [found(looks), found(own)];
  const entryOf = (group) => group.find((look) => look.id === chosenLook.value) ?? group[0];
  return html`<div class="looks" onPointerEnter=${look} onPointerDown=${look} onFocusCapture=${look}>
    ${isFirstRun.value && html`<${Steps} isLong />`}
    <${Head} />
    <label class="search"><span class="hidden">Search the looks</span>
      <input type="search" placeholder="Search the looks" value=${search.value} onInput=${(event) => { search.value = event.target.value; }} /></label>
    ${ours.length > 0 && html`<${Cards} label="Looks">
      ${ours.map((look) => html`<${LookCard} key=${look.id} look=${look} isChosen=${look.id === chosenLook.value}
        entry=${look === entryOf(ours)} onChoose=${() => useLook(look.id)} />`)}
    <//>`}
    ${yours.length > 0 && html`<section aria-labelledby="own-words"><h2 id="own-words">Your looks</h2>
      <${Cards} label="Your looks">
        ${yours.map((look) => html`<${LookCard} key=${look.item} look=${look} isChosen=${plan.preset.value?.item === look.item}
          entry=${look === entryOf(yours)} onChoose=${() => useLook({ item: look.item })} />`)}
      <//></section>`}
    ${looks.length > 0 && word && !ours.length && !yours.length && html`<p class="soft">No look is called “${search.value.trim()}”.</p>`}
    <${Surprises} /><${Breeding} /><${Palettes} />
    ${(!plan.of.value || !isEmpty.value) && html`<${Changes} />`}
  </div>`;
}

/** Of which picture the previews are, how many are there, and what a clip's look may become. */
function Head() {
  const { made, all } = progress.value;
  const clip = items.value.get(plan.of.value);
  const words = !all ? "" : made === all ? `${all} looks of ${sitterName.value}` : `${made} of ${all} looks of ${sitterName.value}`;
  return html`<header class="looks-head">
    <div class="line"><p role="status" class="soft">${words}</p>
      <button class="plain" aria-pressed=${playsAll.value} onClick=${() => { playsAll.value = !playsAll.value; }}>Play all</button></div>
    ${isWorking.value && made < all && html`<progress max=${all} value=${made} aria-label="Looks that are there" />`}
    ${waits.value && html`<div class="line"><p class="soft">A clip is being dreamed.</p>
      <button onClick=${insist}>Show the looks now</button></div>`}
    ${clip?.kind === "clip" && html`<div class="line">
      <button onClick=${() => { frame.value = frame.value === null ? playhead.value : null; }} aria-pressed=${frame.value !== null}
        title="Which of the clip's pictures the looks are shown on">${frame.value === null ? "Show them on this frame" : `On frame ${frame.value}`}</button>
      <button onClick=${() => keepLook(clip)}>Keep this look</button></div>`}
  </header>`;
}

/** A clip's look as one of the person's own. */
async function keepLook(clip) {
  try {
    const kept = await post("/api/looks/keep", { look: { item: clip.id }, name: clip.family ?? clip.name });
    await loadLooks();
    tell(`Kept among your looks as ${kept.name}.`);
  } catch { /* it was told */ }
}

