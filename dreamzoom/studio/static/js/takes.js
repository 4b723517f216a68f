import { html } from "./html.js";

export function Takes() {
  return html`<div class="takes"></div>`;
}
