import { html } from "./html.js";

export function Looks() {
  return html`<div class="looks"></div>`;
}
