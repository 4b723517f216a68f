// The trash: what was put there, and the way back.
import { signal } from "@preact/signals";
import { get, post } from "./api.js";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { choose, keep, tell } from "./state.js";

const found = signal(null); // what lies in the trash, while it is shown

/** Show what lies in the trash. */
export async function showTrash() {
  found.value = (await get("/api/trash")).trash;
}

/** Put something back where it lay, and on the stage. */
export async function bringBack(trashed) {
  const back = await post(`/api/trash/${trashed}/back`);
  if (found.value) found.value = found.value.filter((each) => each.id !== trashed);
  const facts = await get(`/api/items/${back.id}`, { quiet: true }).catch(() => null); // a folder of pictures is no item
  if (facts) {
    keep(facts);
    choose(facts.id);
  }
  tell(`${back.name} is back.`);
}

export function Trash() {
  if (!found.value) return null;
  const close = () => { found.value = null; };
  return html`<${Dialog} title="Trash" close=${close}>
    ${found.value.length ? html`<ul class="trash">${found.value.map(({ id, name }) => html`<li key=${id}>
        <span>${name}</span><button aria-label=${`Put ${name} back`} onClick=${() => bringBack(id)}>Put back</button></li>`)}</ul>`
      : html`<p class="soft">Nothing is in the trash.</p>`}
    <p class="soft">It lies in the folder .studio/trash, and goes from there only when you delete it yourself.</p>
  </${Dialog}>`;
}
