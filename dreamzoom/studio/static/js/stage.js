import { html } from "./html.js";

export function Stage() {
  return html`<section class="stage" aria-label="Stage"></section>`;
}
