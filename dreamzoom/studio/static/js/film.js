// The Film tab: a film's scenes and its storyboard; and a new film of pictures and a song.
import { useEffect } from "preact/hooks";
import { board, changing, foretell, foretold, loadBoard, make, step } from "./film/board.js";
import { Making } from "./film/making.js";
import { Scenes, Strip } from "./film/scenes.js";
import { html } from "./html.js";
import { item, returns } from "./state.js";
import { duration, progress } from "./words.js";

function Storyboard() {
  const facts = item.value;
  useEffect(() => { loadBoard(facts.id); }, [facts.id, facts.state, facts.changed, returns.value]);
  const isKnown = board.value?.of === facts.id;
  const isDraft = isKnown && board.value.is_draft;
  const isReady = isDraft && facts.state === "done"; // then the next step is the whole film
  const mark = isKnown ? board.value.mark : null;
  const isBusy = facts.state === "running" || facts.state === "waiting";
  useEffect(() => { if (mark && !isBusy) foretell(facts.id, `${facts.state} ${facts.frames_done}`); }, [facts.id, mark, facts.state, returns.value]);
  const told = !isBusy && foretold.value?.of === facts.id && foretold.value.mark === mark ? foretold.value : null;
  const isWrong = isKnown && (board.value.faults.length > 0 || told?.faults.length > 0);
  const isMade = told?.scenes && told.dreamed === 0 && !told.is_new_video;
  return html`<section class="film" aria-label="Film">
    <p class="soft">${facts.state === "done" ? "All its scenes are there." : progress(facts)}</p>
    <${Strip} />
    ${isKnown && html`<${Heading} /><${Scenes} />
      ${mark && !isBusy && html`<${Foretold} told=${told} facts=${facts} />`}
      <div class="make">
        <button class=${isReady ? "" : "main"} disabled=${isWrong || isMade} onClick=${() => make("changed").catch(() => {})}>Make what changed</button>
        ${isDraft
          ? html`<button class=${isReady ? "main" : ""} disabled=${isWrong} onClick=${() => make("full").catch(() => {})}>Make it in full</button>`
          : html`<button disabled=${isWrong} onClick=${() => make("draft").catch(() => {})}>A draft of it</button>`}
      </div>
      <p class="soft">Scenes that are as they were are kept. What others took the place of lies in its folder, in aside.</p>`}
    <details><summary>Make another film</summary><${Making} /></details>
  </section>`;
}

/** The storyboard's heading, with the way back; Ctrl-Z goes it too, unless something is typed or the timeline was turned to. */
function Heading() {
  const { can_undo: back, can_redo: on } = board.value;
  useEffect(() => {
    let elsewhere = false; // whether the timeline was touched last, which has a Ctrl-Z of its own
    const turn = (event) => { elsewhere = event.target.closest?.(".timeline") != null; };
    const press = (event) => {
      const key = event.key.toLowerCase();
      if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey || !["z", "y"].includes(key)) return;
      if (elsewhere || event.target.closest?.("input, textarea, dialog")) return;
      event.preventDefault();
      step(key === "y" || event.shiftKey ? "redo" : "undo");
    };
    const heard = { keydown: press, pointerdown: turn, focusin: turn };
    for (const [name, hear] of Object.entries(heard)) addEventListener(name, hear, true); // before the page's other keys
    return () => { for (const [name, hear] of Object.entries(heard)) removeEventListener(name, hear, true); };
  }, []);
  return html`<div class="heading"><h2>Storyboard</h2>
    <button class="plain" disabled=${!back || changing.value} title="Undo the last change of the storyboard (Ctrl Z)" onClick=${() => step("undo")}>Undo</button>
    <button class="plain" disabled=${!on || changing.value} title="Do again what was undone (Ctrl Shift Z)" onClick=${() => step("redo")}>Redo</button></div>`;
}

/** What making it now would do, in words; what is wrong stands at the scenes. */
function Foretold({ told, facts }) {
  if (!told) return html`<p class="soft">What changed is being found out.</p>`;
  if (!told.scenes) return html`<p class="warn">Something is to be mended before it can be made.</p>`;
  const some = told.scenes.filter((scene) => scene.stop - scene.first > scene.kept).length;
  const lasts = facts.seconds_per_frame ? `, about ${duration(told.dreamed * facts.seconds_per_frame)}` : "";
  const words = some ? `Not made yet: ${some} of ${told.scenes.length} scenes, ${told.dreamed} frames to dream${lasts}.`
    : told.is_new_video ? "Not made yet: no frame is dreamed, the video is put together again." : "Made as the storyboard says.";
  return html`<p class=${some || told.is_new_video ? "warn" : "soft"} aria-live="polite">${words}</p>
    ${told.notes.map((note) => html`<p class="soft" key=${note}>${note}</p>`)}`;
}

export function Film() {
  return item.value?.kind === "film" ? html`<${Storyboard} key=${item.value.id} />` : html`<${Making} />`;
}
