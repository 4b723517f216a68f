// Every key, in words.
import { signal } from "@preact/signals";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { bind, bindings } from "./keys.js";

const open = signal(false);
const NAMES = {
  " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page ↑", PageDown: "Page ↓",
};
const FINGER = [ // what a finger does; told where there is no mouse
  ["Tap the picture:", "the dream falls there"], ["Tap it over the whole screen:", "the buttons come, or go"],
  ["Tap a small one beside its name:", "it becomes large"], ["Drag the line below it:", "go through the frames"],
  ["Tap a time or a frame:", "type another one"], ["Drag a diamond of a curve:", "another time and value"],
  ["Drag a beat or the edge of a section:", "set it right"], ["Drag the dots of a job in the queue:", "another order"],
];
const GROUPS = ["Play and step", "The picture", "The gallery", "More"];

export const showHelp = () => { open.value = true; };

export function bindHelp() {
  bind("?", "these keys", showHelp);
}

/** A key as it stands on the keyboard. */
function keyName(key) {
  const name = key.replace("Ctrl+", "").replace("Shift+", "");
  return `${key.startsWith("Ctrl+") ? "Ctrl " : ""}${key.includes("Shift+") ? "Shift " : ""}${NAMES[name] ?? (name.length === 1 ? name.toUpperCase() : name)}`;
}

export function Help() {
  if (!open.value) return null;
  const all = bindings();
  const groups = [...new Set([...GROUPS, ...all.map(({ group }) => group)])];
  return html`<${Dialog} title=${matchMedia("(hover: none)").matches ? "Fingers and keys" : "Keys"} class="help" close=${() => { open.value = false; }}>
    <ul class="for-touch" aria-label="With a finger">${FINGER.map(([what, does]) => html`<li><strong>${what}</strong> <span class="soft">${does}</span></li>`)}</ul>
    <div class="groups">${groups.map((group) => {
      const inside = all.filter((binding) => binding.group === group);
      const rows = [...new Set(inside.map(({ words }) => words))]; // two keys may do the same
      return inside.length ? html`<section key=${group}><h3>${group}</h3><dl>${rows.map((row) => html`
        <div><dt>${inside.filter(({ words }) => words === row).map(({ key }) => html`<kbd>${keyName(key)}</kbd>`)}</dt><dd>${row}</dd></div>`)}</dl></section>` : null;
    })}</div>
  </${Dialog}>`;
}
