// The keyboard: every key in one table, which the help shows too.
const table = []; // {key, words, act}

/** Bind a key. `key` is as in KeyboardEvent.key, with "Shift+" before it where needed; `words` say what it does. */
export function bind(key, words, act) {
  table.push({ key, words, act });
}

export const bindings = () => table.map(({ key, words }) => ({ key, words }));

const TYPING = "input, select, textarea, [contenteditable], [role=slider], dialog";

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const name = event.shiftKey && event.key.length > 1 ? `Shift+${key}` : key;
  const found = table.find((binding) => binding.key === name);
  if (!found || (event.target.closest?.("button, a, [role=tab]") && [" ", "Enter"].includes(key))) return;
  event.preventDefault();
  found.act();
});
