// What the stage shows where nothing is chosen: an empty folder, or what to do next.
import { html } from "./html.js";
import { items } from "./state.js";

export function Welcome() {
  const empty = items.value.size === 0;
  return html`<div class="still welcome">
    <h2>${empty ? "Nothing is here yet." : "Choose a clip."}</h2>
    ${empty && html`<p class="soft">Drop a picture or a song on this page, and it begins.</p>`}
  </div>`;
}
