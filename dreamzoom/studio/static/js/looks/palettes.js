// Palettes: the picture in the colours of each, as the chosen look would hold them.
import { html } from "../html.js";
import { icon } from "../icons.js";
import { plan, usePalette } from "../plan.js";
import { Cards } from "./grid.js";
import { aspect, catalogue, lookOf, palettesLook, swatchOf } from "./previews.js";

export function Palettes() {
  const { palettes } = catalogue.value;
  const chosen = plan.changes.value["colour.palette"] ?? null;
  const own = lookOf(palettesLook.value)?.palette;
  const entry = palettes.some(({ name }) => name === chosen) ? chosen : null;
  return html`<section aria-labelledby="palette-words">
    <h2 id="palette-words">Palettes</h2>
    <${Cards} label="Palettes" narrow>
      <button class="look palette" role="radio" aria-checked=${chosen === null} tabindex=${entry === null ? 0 : -1}
        onClick=${() => usePalette(null)} aria-label="The look's own colours">
        <span class="face own" style=${{ aspectRatio: aspect.value }}>${chosen === null && html`<span class="tick">${icon("tick")}</span>`}</span>
        <span class="name">The look's own</span>
      </button>
      ${palettes.map((palette) => html`<${Palette} key=${palette.name} palette=${palette} isChosen=${palette.name === chosen}
        isOwn=${palette.name === own} entry=${palette.name === entry} />`)}
    <//>
  </section>`;
}

function Palette({ palette, isChosen, isOwn, entry }) {
  const still = swatchOf(palettesLook.value, palette.name);
  return html`<button class="look palette" role="radio" aria-checked=${isChosen} tabindex=${entry ? 0 : -1} title=${palette.description}
    aria-label=${`${palette.title}, ${palette.description}`} data-palette=${palette.name} onClick=${() => usePalette(palette.name)}>
    <span class="face" style=${{ aspectRatio: aspect.value }}>
      ${still ? html`<img alt="" src=${still} />` : html`<span class="blank" />`}
      <span class="swatches">${palette.colours.map(([colour, share]) => html`<span key=${colour} style=${{ background: colour, flexGrow: share }} />`)}</span>
      ${isChosen && html`<span class="tick">${icon("tick")}</span>`}
    </span>
    <span class="name">${palette.title}${isOwn ? html` <span class="soft">the look's</span>` : ""}</span>
  </button>`;
}
