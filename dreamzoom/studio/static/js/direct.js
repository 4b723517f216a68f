import { html } from "./html.js";

export function Direct() {
  return html`<div class="direct"></div>`;
}
