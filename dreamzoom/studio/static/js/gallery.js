// The gallery: what lies in the folder, newest first.
import { useEffect, useRef } from "preact/hooks";
import { Card } from "./gallery/card.js";
import { closed, order, search, sections, shown, sorting } from "./gallery/groups.js";
import { AddFiles } from "./drop.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { bind } from "./keys.js";
import { choose, chosen, items, loaded } from "./state.js";
import { showTrash } from "./trash.js";

/** Choose the item before or after the chosen one. */
function next(by) {
  const all = order.value;
  if (!all.length) return false;
  const here = all.findIndex((facts) => facts.id === chosen.value);
  const found = all[here < 0 ? 0 : Math.min(Math.max(0, here + by), all.length - 1)];
  choose(found.id);
  document.querySelector(`.card[data-id="${found.id}"]`)?.scrollIntoView({ block: "nearest" });
  return true;
}

/** Bind the gallery's keys. */
export function bindGallery() {
  bind("ArrowDown", "the next clip", () => next(1), "The gallery");
  bind("ArrowUp", "the clip before", () => next(-1), "The gallery");
  bind("/", "search", () => document.querySelector(".gallery input")?.focus(), "The gallery");
}

export function Gallery() {
  const list = useRef(null);
  const entry = order.value.some((facts) => facts.id === chosen.value) ? chosen.value : order.value[0]?.id;
  useEffect(() => { // what is found or sorted anew is seen from its beginning; of all again, what is chosen
    list.current.scrollTop = 0;
    if (!search.value) list.current.querySelector(".card.is-chosen")?.scrollIntoView({ block: "nearest" });
  }, [search.value, shown.value, sorting.value]);
  const keys = (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.target.tagName === "INPUT") return;
    const all = [...list.current.querySelectorAll(".card .open")];
    const here = all.indexOf(event.target.closest(".card")?.querySelector(".open"));
    if (here < 0) return;
    all[Math.min(Math.max(0, here + (event.key === "ArrowDown" ? 1 : -1)), all.length - 1)].focus();
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<nav class="gallery" aria-label="Gallery">
    <div class="find">
      <label class="search">${icon("search")}<span class="hidden">Search</span>
        <input type="search" placeholder="Search" value=${search.value} onInput=${(event) => { search.value = event.target.value; }}
          onKeyDown=${(event) => { if (event.key === "Escape") { search.value = ""; event.target.blur(); } }} /></label>
      <${AddFiles} />
    </div>
    <div class="list" ref=${list} onKeyDown=${keys}>
      ${sections.value.map((section) => html`<${Section} key=${section.id} ...${section} entry=${entry} />`)}
      <${Nothing} />
    </div>
    <div class="foot">
      <button class="plain" onClick=${showTrash}>Trash</button>
      <select aria-label="Order" value=${sorting.value} onChange=${(event) => { sorting.value = event.target.value; }}>
        <option value="newest">Newest</option><option value="longest">Longest</option><option value="name">Name</option>
      </select>
      <select aria-label="Show" value=${shown.value} onChange=${(event) => { shown.value = event.target.value; }}>
        <option value="all">All</option><option value="clip">Clips</option><option value="film">Films</option>
        <option value="picture">Pictures</option><option value="song">Songs</option><option value="other">Other</option>
      </select>
    </div>
  </nav>`;
}

function Section({ id, words, count, groups, entry }) {
  const isOpen = !closed.value.has(id);
  const fold = () => {
    const now = new Set(closed.value);
    if (!now.delete(id)) now.add(id);
    closed.value = now;
  };
  return html`<section>
    <h2><button class="plain heading" aria-expanded=${isOpen} onClick=${fold}>${words} <span class="soft">${count}</span></button></h2>
    ${isOpen && html`<ul>${groups.flatMap((group) => group.items.map((facts, place) => html`<${Card} key=${facts.id}
      facts=${facts} isChosen=${chosen.value === facts.id} isTaken=${place > 0} tabbable=${facts.id === entry}
      onChoose=${choose} />`))}</ul>`}
  </section>`;
}

function Nothing() {
  if (!loaded.value || sections.value.length) return null;
  const words = search.value.trim();
  if (items.value.size && !words) return html`<p class="soft empty">None of these: <button class="plain link"
    onClick=${() => { shown.value = "all"; }}>show all</button>.</p>`;
  if (items.value.size) return html`<p class="soft empty">Nothing is called “${words}”${shown.value === "all" ? "" : " among these"}.</p>`;
  return html`<p class="soft empty">Your clips, pictures and songs will be here.</p>`;
}
