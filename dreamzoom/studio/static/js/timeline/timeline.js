import { html } from "../html.js";

export function Timeline() {
  return html`<section class="timeline" aria-label="Timeline"></section>`;
}
