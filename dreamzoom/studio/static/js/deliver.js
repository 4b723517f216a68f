import { html } from "./html.js";

export function Deliver() {
  return html`<div class="deliver"></div>`;
}
