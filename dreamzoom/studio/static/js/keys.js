// The keyboard: every key in one table, which the help shows too.
const table = []; // {key, words, act, group}
const down = new Set(); // keys that are held

/**
 * Bind a key. `key` is as in KeyboardEvent.key, with "Shift+" before it where needed; `words` say what it does.
 * What is bound again replaces what was. `group` is a heading of the help.
 */
export function bind(key, words, act, group = "More") {
  const found = table.findIndex((binding) => binding.key === key);
  const binding = { key, words, act, group };
  if (found < 0) table.push(binding);
  else table[found] = binding;
}

export const bindings = () => table.map(({ key, words, group }) => ({ key, words, group }));

/** Whether a key is held down now. */
export const isHeld = (key) => down.has(key);

const TYPING = "input:not([type=checkbox]), select, textarea, [contenteditable], [role=slider]:not([data-keys]), dialog";
const OWN = "button, a, summary, [role=tab], [role=menuitem], input[type=checkbox]"; // Space and Enter press these

const letter = (event) => (event.key.length === 1 ? event.key.toLowerCase() : event.key);

addEventListener("keydown", (event) => {
  const key = letter(event);
  down.add(key);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const types = event.target.closest?.(TYPING);
  if (types && (!/^F\d/.test(event.key) || types.closest("dialog"))) return; // who types has the function keys
  const name = event.shiftKey && event.key.length > 1 ? `Shift+${key}` : key;
  const found = table.find((binding) => binding.key === name);
  if (!found || ([" ", "Enter"].includes(key) && event.target.closest?.(OWN))) return;
  if (found.act(event) === false) return; // it was not meant now
  event.preventDefault();
});
addEventListener("keyup", (event) => down.delete(letter(event)));
addEventListener("blur", () => down.clear());
