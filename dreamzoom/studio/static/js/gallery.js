import { html } from "./html.js";

export function Gallery() {
  return html`<section class="gallery" aria-label="Gallery"></section>`;
}
