// What may be done with an item as a whole: another name, its command line, the trash.
import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "../api.js";
import { html } from "../html.js";
import { icon } from "../icons.js";
import { choose, chosen, items, keep, tell } from "../state.js";

export function Menu({ facts, tabbable = true }) {
  const [open, setOpen] = useState(null); // where it opens
  const button = useRef(null);
  const close = () => {
    setOpen(null);
    button.current?.focus();
  };
  const show = () => {
    const box = button.current.getBoundingClientRect();
    const below = innerHeight - box.bottom > 180;
    setOpen({ right: `${Math.max(8, innerWidth - box.right)}px`, [below ? "top" : "bottom"]: `${below ? box.bottom + 4 : innerHeight - box.top + 4}px` });
  };
  return html`<span class="menu">
    <button class="plain icon-only" ref=${button} aria-haspopup="menu" aria-expanded=${open !== null} tabindex=${tabbable ? 0 : -1}
      aria-label=${`More for ${facts.name}`} title="More" onClick=${() => (open ? close() : show())}>${icon("more")}</button>
    ${open && html`<${List} facts=${facts} place=${open} close=${close} />`}
  </span>`;
}

function List({ facts, place, close }) {
  const list = useRef(null);
  useEffect(() => {
    list.current.querySelector("[role=menuitem]").focus();
    const outside = (event) => { if (!list.current?.contains(event.target)) close(); };
    addEventListener("pointerdown", outside, true);
    return () => removeEventListener("pointerdown", outside, true);
  }, []);
  const keys = (event) => {
    const entries = [...list.current.querySelectorAll("[role=menuitem]")];
    const here = entries.indexOf(document.activeElement);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) entries.at(next % entries.length).focus();
    else if (["Escape", "Tab"].includes(event.key)) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const entry = (words, act) => html`<button role="menuitem" class="plain" tabindex="-1" onClick=${() => { close(); act(facts); }}>${words}</button>`;
  return html`<div class="popup" role="menu" aria-label=${facts.name} ref=${list} style=${place} onKeyDown=${keys}>
    ${entry("Rename", rename)}
    ${commandOf(facts) && entry("Copy its command line", copyCommand)}
    ${entry("Move to the trash", toTrash)}
  </div>`;
}

const quoted = (name) => (/^[\w@%+=:,./-]+$/.test(name) && !name.startsWith("-") ? name : `'${name.replaceAll("'", "'\\''")}'`);

/** What goes on with an item in a terminal, in the folder; "" where nothing does. */
export function commandOf(facts) {
  if (facts.kind === "clip") return `dreamzoom resume ${quoted(facts.name)}`;
  return facts.kind === "film" ? `dreamzoom film ${quoted(facts.name)}` : "";
}

async function copyCommand(facts) {
  const words = commandOf(facts);
  try {
    await navigator.clipboard.writeText(words);
    tell(`Copied: ${words}`);
  } catch {
    tell(words); // no clipboard where the page is not on this machine
  }
}

/** Ask for another name. */
export function rename(facts) {
  renaming(facts, async (name) => {
    const renamed = await post(`/api/items/${facts.id}/rename`, { name });
    const next = new Map(items.value);
    next.delete(facts.id);
    items.value = next;
    keep({ ...facts, ...renamed });
    if (chosen.value === facts.id) choose(renamed.id);
    tell(`It is called ${renamed.name} now.`);
  });
}

let renaming = () => {};

/** Who asks for a name: a dialog. */
export function askNamesWith(asks) {
  renaming = asks;
}

/** Put an item into the trash, with a way back. */
export async function toTrash(facts) {
  const { trashed } = await post(`/api/items/${facts.id}/trash`);
  const next = new Map(items.value);
  next.delete(facts.id);
  items.value = next;
  const wasChosen = chosen.value === facts.id;
  if (wasChosen) chosen.value = null;
  tell(`${facts.name} is in the trash.`, false, async () => {
    const back = await post(`/api/trash/${trashed}/back`);
    keep({ ...facts, ...back });
    if (wasChosen) choose(back.id);
    tell(`${back.name} is back.`);
  });
}
