// The Film tab: a film's scenes and its storyboard; and a new film of pictures and a song.
import { useEffect } from "preact/hooks";
import { board, loadBoard, make } from "./film/board.js";
import { Making } from "./film/making.js";
import { Scenes, Strip } from "./film/scenes.js";
import { html } from "./html.js";
import { item, returns } from "./state.js";
import { progress } from "./words.js";

function Storyboard() {
  const facts = item.value;
  useEffect(() => { loadBoard(facts.id); }, [facts.id, facts.state, facts.changed, returns.value]);
  const isKnown = board.value?.of === facts.id;
  const isDraft = isKnown && board.value.is_draft;
  const isReady = isDraft && facts.state === "done"; // then the next step is the whole film
  const isWrong = isKnown && board.value.faults.length > 0;
  return html`<section class="film" aria-label="Film">
    <p class="soft">${facts.state === "done" ? "All its scenes are there." : progress(facts)}</p>
    <${Strip} />
    ${isKnown && html`<h2>Storyboard</h2><${Scenes} />
      <div class="make">
        <button class=${isReady ? "" : "main"} disabled=${isWrong} onClick=${() => make("changed").catch(() => {})}>Make what changed</button>
        ${isDraft
          ? html`<button class=${isReady ? "main" : ""} disabled=${isWrong} onClick=${() => make("full").catch(() => {})}>Make it in full</button>`
          : html`<button disabled=${isWrong} onClick=${() => make("draft").catch(() => {})}>A draft of it</button>`}
      </div>
      <p class="soft">Scenes that are as they were are kept. What others took the place of lies in its folder, in aside.</p>`}
    <details><summary>Make another film</summary><${Making} /></details>
  </section>`;
}

export function Film() {
  return item.value?.kind === "film" ? html`<${Storyboard} key=${item.value.id} />` : html`<${Making} />`;
}
