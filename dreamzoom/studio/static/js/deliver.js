// The Deliver tab: what others want of a clip or a film, the files that were made, and what else can be made of it.
import { Files } from "./delivering/files.js";
import { Form } from "./delivering/form.js";
import { More } from "./delivering/more.js";
import { html } from "./html.js";
import { item } from "./state.js";

export function Deliver() {
  const facts = item.value;
  const isShown = facts?.kind === "clip" || facts?.kind === "film";
  if (!facts) return html`<div class="deliver"><p class="soft">Choose a clip or a film in the gallery to deliver it.</p><${Files} /></div>`;
  if (!isShown && facts.kind !== "picture") return html`<div class="deliver"><p class="soft">Clips and films are delivered: choose one in the gallery.</p><${Files} /></div>`;
  return html`<div class="deliver">
    ${isShown && html`<${Form} key=${facts.id} />`}
    <${Files} />
    <${More} key=${facts.id} />
  </div>`;
}
