// The first run: clouds that dream already, and one button. Later: what to do where nothing is chosen.
import { effect, untracked } from "@preact/signals";
import { useRef } from "preact/hooks";
import { sendFiles } from "./drop.js";
import { isFirstRun, Steps } from "./first.js";
import { order } from "./gallery/groups.js";
import { html } from "./html.js";
import { awaited, choose, chosen, items, jobs, panel, tell } from "./state.js";

/** Put on the stage what comes where nothing is. */
export function greet() {
  if (isFirstRun.value) panel.value = "look"; // where the steps go on that the greeting tells
  let last = null; // what was on the stage
  effect(() => {
    const shown = items.value.get(chosen.value);
    if (!shown && last && last.id === chosen.value) {
      const { name } = last;
      untracked(() => tell(`${name} is no longer in the folder: it was moved, renamed or thrown away.`, true));
    }
    last = shown ?? null;
    const first = order.value.find((facts) => facts.kind === "clip" || facts.kind === "film");
    if (first && !awaited.value && !items.value.has(chosen.value)) untracked(() => choose(first.id));
  });
}

/** The one button: the browser asks for a file. */
function OwnPicture() {
  const field = useRef(null);
  const send = (event) => {
    panel.value = "look";
    document.getElementById("tab-look")?.focus(); // this button goes as soon as the picture is there
    sendFiles(event.target.files);
    event.target.value = "";
  };
  return html`<button class="main large" onClick=${() => field.current.click()}>Dream your own picture</button>
    <input ref=${field} type="file" hidden multiple aria-label="Dream your own picture" onChange=${send} />`;
}

/** Where nothing is on the stage. */
export function Welcome() {
  const soon = jobs.value.some((job) => job.state === "running" || job.state === "waiting");
  if (items.value.size && !isFirstRun.value) {
    return html`<div class="still"><h2>Choose something in the gallery</h2><p class="soft for-desk">Or drop a picture, a song or a recipe on this page.</p></div>`;
  }
  return html`<div class="still welcome">
    <h2>${soon ? "Clouds begin to dream" : "Nothing is here yet"}</h2>
    <p class="soft">${soon ? "Their first frame is here in a few seconds." : html`Begin with a picture<span class="for-desk">: drop one on this page, or choose it</span>.`}</p>
    <${OwnPicture} /><${Steps} />
  </div>`;
}

/** Over the clouds, as long as there is nothing else. */
export function Greeting() {
  if (!items.value.size || !isFirstRun.value) return null;
  return html`<div class="greeting"><p>Clouds, as a network dreams them.</p><${OwnPicture} /><${Steps} /></div>`;
}
