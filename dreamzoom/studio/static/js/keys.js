// The keyboard: every key in one table, which the help shows too.
const table = []; // {key, words, act, group}
const down = new Set(); // keys that are held
let pressing = false; // a button of the mouse
let taken = null; // a button that Space does not press, since it has done something else
let pointed = null; // what has the focus because it was clicked: whoever clicks is no keyboard's user

/**
 * Bind a key. `key` is as in KeyboardEvent.key, with "Ctrl+" (or the Mac's ⌘) and "Shift+" before it where needed;
 * `words` say what it does.
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
  if (event.defaultPrevented || event.altKey) return;
  const types = event.target.closest?.(TYPING);
  if (types && (!/^F\d/.test(event.key) || types.closest("dialog"))) return; // who types has the function keys
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const name = `${control}${event.shiftKey && (control || event.key.length > 1) ? "Shift+" : ""}${key}`;
  const found = table.find((binding) => binding.key === name);
  const own = [" ", "Enter"].includes(key) && event.target.closest?.(OWN);
  if (!found || (own && !(key === " " && own === pointed && own.matches("button")))) return;
  if (found.act(event) === false) return; // it was not meant now
  event.preventDefault();
  if (own) taken = own;
});
addEventListener("keyup", (event) => {
  down.delete(letter(event));
  if (event.key === " " && event.target === taken) event.preventDefault(); // or some browsers press it now
  taken = null;
});
addEventListener("mousedown", () => { pressing = true; }, true);
addEventListener("mouseup", () => { pressing = false; }, true);
addEventListener("focusin", ({ target }) => { pointed = pressing ? target : null; });
addEventListener("blur", () => down.clear());
