import { html } from "./html.js";

export function Film() {
  return html`<div class="film"></div>`;
}
