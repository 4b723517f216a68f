// Every key, in words.
import { signal } from "@preact/signals";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { bind, bindings } from "./keys.js";

const open = signal(false);
const NAMES = {
  " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page ↑", PageDown: "Page ↓",
};
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
  return html`<${Dialog} title="Keys" class="help" close=${() => { open.value = false; }}>
    <div class="groups">${groups.map((group) => {
      const inside = all.filter((binding) => binding.group === group);
      return inside.length ? html`<section key=${group}><h3>${group}</h3><dl>${inside.map(({ key, words }) => html`
        <div><dt><kbd>${keyName(key)}</kbd></dt><dd>${words}</dd></div>`)}</dl></section>` : null;
    })}</div>
  </${Dialog}>`;
}
