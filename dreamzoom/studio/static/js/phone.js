// "Open on my phone": a code for its camera, where the studio lets the network in.
import { signal } from "@preact/signals";
import { get } from "./api.js";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";

const told = signal(null); // {address, code}, while it is shown

export async function showPhone() {
  told.value = await get("/api/phone");
}

export function Phone() {
  if (!told.value) return null;
  const { address, code } = told.value;
  return html`<${Dialog} title="Open on my phone" close=${() => { told.value = null; }}>
    ${address ? html`<${Code} rows=${code} /><p class="address">${address}</p>
      <p class="soft">For a phone in the same network. Whoever has this address may direct the studio.</p>`
      : html`<p>Stop the studio and start it with <kbd>--host 0.0.0.0</kbd>: then a code for your phone is here.</p>
      <p class="soft">Now it lets in this machine alone.</p>`}
  </${Dialog}>`;
}

/** A QR code: a dark square for each 1, within a white margin. */
function Code({ rows }) {
  const side = rows.length + 8;
  const path = rows.flatMap((row, y) => [...row].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : "")));
  return html`<svg class="code" viewBox=${`0 0 ${side} ${side}`} role="img" aria-label="Code of the address" shape-rendering="crispEdges">
    <rect width=${side} height=${side} fill="#fff" /><path d=${path.join("")} fill="#000" /></svg>`;
}
