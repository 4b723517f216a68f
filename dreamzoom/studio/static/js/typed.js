// A field for a text, which stays as it is being typed while the page is drawn anew around it.
import { useState } from "preact/hooks";
import { html } from "./html.js";

/** `put` is called with the text once it is done; all else is the input's own. */
export function Typed({ value, put, ...own }) {
  const [text, type] = useState(null); // null while nothing is typed
  return html`<input type="text" autocomplete="off" spellcheck="false" ...${own} value=${text ?? value ?? ""}
    onInput=${(event) => type(event.target.value)} onChange=${(event) => { type(null); put(event.target.value); }}
    onBlur=${() => type(null)} />`;
}
