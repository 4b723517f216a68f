// What may be done with an item as a whole: another name, its command line, the trash.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { post } from "../api.js";
import { askWhere, canJoin } from "../film/adding.js";
import { html } from "../html.js";
import { icon } from "../icons.js";
import { choose, chosen, follows, keep, playhead, tell, told } from "../state.js";
import { bringBack } from "../trash.js";

const opened = signal(null); // {facts, place, button}: the menu that is open

function close() {
  opened.value?.button.focus();
  opened.value = null;
}

/** The button that opens the menu of an item. */
export function Menu({ facts, tabbable = true }) {
  const isOpen = opened.value?.facts.id === facts.id;
  const toggle = (event) => {
    if (isOpen) return close();
    const button = event.currentTarget;
    const box = button.getBoundingClientRect();
    const below = innerHeight - box.bottom > 180;
    const high = below ? { top: `${box.bottom + 4}px` } : { bottom: `${innerHeight - box.top + 4}px` };
    opened.value = { facts, button, place: { left: `${Math.max(8, Math.min(box.left, innerWidth - 208))}px`, ...high } };
    return undefined;
  };
  return html`<span class="menu">
    <button class="plain icon-only" aria-haspopup="menu" aria-expanded=${isOpen} tabindex=${tabbable ? 0 : -1}
      aria-label=${`More for ${facts.name}`} title="More" onClick=${toggle}>${icon("more")}</button>
  </span>`;
}

/** The menu that is open: it stands at the page's end, as a card cuts off what leaves it. */
export function OpenMenu() {
  return opened.value && html`<${List} ...${opened.value} />`;
}

function List({ facts, place }) {
  const list = useRef(null);
  useEffect(() => {
    list.current.querySelector("[role=menuitem]").focus();
    const outside = (event) => {
      if (!list.current?.contains(event.target) && !opened.value?.button.contains(event.target)) opened.value = null;
    };
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
    ${canJoin(facts) && entry("Add to film…", askWhere)}
    ${commandOf(facts) && entry("Copy its command line", copyCommand)}
    ${entry("Move to the trash", toTrash)}
  </div>`;
}

const quoted = (name) => (/^[\w@%+=:,./-]+$/.test(name) && !name.startsWith("-") ? name : `'${name.replaceAll("'", "'\\''")}'`);

/** What goes on with an item in a terminal, in the folder; "" where nothing does. */
function commandOf(facts) {
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
function rename(facts) {
  renaming(facts, async (name) => {
    const [isShown, frame] = [chosen.value === facts.id, follows.value ? null : playhead.value];
    const renamed = await post(`/api/items/${facts.id}/rename`, { name });
    keep({ ...facts, ...renamed });
    if (isShown) choose(renamed.id, frame);
    const next = new Map(told.value);
    if (renamed.id !== facts.id) next.delete(facts.id);
    told.value = next;
    tell(`It is called ${renamed.name} now.`);
  });
}

let renaming = () => {};

/** Who asks for a name: a dialog. */
export function askNamesWith(asks) {
  renaming = asks;
}

/** Put an item into the trash, with a way back. */
async function toTrash(facts) {
  const { trashed } = await post(`/api/items/${facts.id}/trash`);
  const next = new Map(told.value);
  next.delete(facts.id);
  told.value = next;
  if (chosen.value === facts.id) chosen.value = null;
  tell(`${facts.name} is in the trash.`, false, () => bringBack(trashed));
}
