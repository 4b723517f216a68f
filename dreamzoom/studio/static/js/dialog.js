// Dialogs: the browser's own, which keep the focus within and give it back.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";
import { icon } from "./icons.js";

/** A dialog that is open while it is drawn. `close` is called when it is to go. */
export function Dialog({ title, close, children, class: name = "" }) {
  const dialog = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    return () => before?.focus?.();
  }, []);
  return html`<dialog class=${`dialog ${name}`} ref=${dialog} aria-label=${title} onCancel=${(event) => { event.preventDefault(); close(); }}
    onClick=${(event) => { if (event.target === dialog.current) close(); }}>
    <div class="inside">
      <header><h2>${title}</h2><button class="plain icon-only" aria-label="Close" onClick=${close}>${icon("close")}</button></header>
      ${children}
    </div>
  </dialog>`;
}

const question = signal(null); // {title, label, value, act}

/** Ask for a name; `act` is called with it, and may throw: then it is asked for again. */
export function askName(title, label, value, act) {
  question.value = { title, label, value, act };
}

export function NameDialog() {
  const asked = question.value;
  const field = useRef(null);
  useEffect(() => { if (asked) field.current.select(); }, [asked]);
  if (!asked) return null;
  const close = () => { question.value = null; };
  const go = async (event) => {
    event.preventDefault();
    const name = field.current.value.trim();
    if (!name || name === asked.value) return close();
    try {
      await asked.act(name);
      close();
    } catch { /* it was told; the dialog stays */ }
    return undefined;
  };
  return html`<${Dialog} title=${asked.title} close=${close}>
    <form onSubmit=${go}>
      <label>${asked.label}<input ref=${field} defaultValue=${asked.value} maxlength="100" autocomplete="off" spellcheck="false" /></label>
      <div class="choices"><button type="button" onClick=${close}>Leave it</button><button class="main">Rename</button></div>
    </form>
  </${Dialog}>`;
}
