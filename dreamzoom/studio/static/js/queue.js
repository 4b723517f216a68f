import { html } from "./html.js";

export function Queue() {
  return html`<div class="queue"></div>`;
}
