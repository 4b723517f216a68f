// The inbox: a folder of which every picture that is put into it is dreamed, with the look that is chosen here.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, post } from "./api.js";
import { on } from "./events.js";
import { html } from "./html.js";
import { returns, tell } from "./state.js";

const inbox = signal(null); // as the server tells it; null before
const SIZES = [512, 768, 1024, 1280, 1920, 2560, 3840];

const load = async () => { inbox.value = await get("/api/inbox", { quiet: true }).catch(() => inbox.value); };
const change = (changes) => post("/api/inbox", changes).then((facts) => { inbox.value = facts; }).catch(() => {});

on("inbox", (facts) => {
  const known = new Set(inbox.value?.left.map(({ name }) => name));
  const fresh = inbox.value ? facts.left.filter(({ name }) => !known.has(name)) : [];
  if (fresh.length) tell(fresh.length === 1 ? `Left in the inbox: ${fresh[0].name} ${fresh[0].why}` : `Left in the inbox: ${fresh.length} files`);
  inbox.value = inbox.value && { ...inbox.value, ...facts };
});
on("reset", load);

export function Inbox() {
  useEffect(() => { if (!inbox.value) load(); }, [returns.value]);
  const facts = inbox.value;
  if (!facts) return null;
  if (!facts.open) {
    return html`<section class="inbox" aria-label="Inbox">
      <h3>Inbox</h3>
      <p class="soft">A folder for pictures: each one that you put there is dreamed by itself, and appears in the gallery.</p>
      <div><button onClick=${() => change({ open: true })}>Open an inbox</button></div>
    </section>`;
  }
  return html`<section class="inbox" aria-label="Inbox">
    <div class="queue-head"><h3>Inbox</h3>
      <label class="switch"><input type="checkbox" checked=${facts.on} onChange=${(event) => change({ on: event.target.checked })} />
        Dream what comes</label></div>
    <p class="soft">Put pictures into <code>${facts.path}</code></p>
    <div class="choices-of-inbox">
      <label>Look<select value=${facts.preset} onChange=${(event) => change({ preset: event.target.value })}>
        ${facts.presets.map(({ name, title }) => html`<option key=${name} value=${name} title=${title}>${name}</option>`)}
      </select></label>
      <label>Longer side<select value=${facts.longest} onChange=${(event) => change({ longest: Number(event.target.value) })}>
        ${sizes(facts.longest).map((side) => html`<option key=${side} value=${side}>${side} pixels</option>`)}
      </select></label>
    </div>
    <p>${came(facts)}</p>
    ${facts.left.length > 0 && html`<details><summary>${facts.left.length} left alone</summary>
      <ul>${facts.left.map(({ name, why }) => html`<li key=${name}><b>${name}</b> <span class="soft">${why}</span></li>`)}</ul>
    </details>`}
  </section>`;
}

const sizes = (chosen) => (SIZES.includes(chosen) ? SIZES : [...SIZES, chosen].sort((one, other) => one - other));

function came({ came: count, dreamed, arriving, left, on: isOn }) {
  const new_ = arriving ? `${arriving} ${isOn ? "arriving" : "waiting until you switch it on"}` : "";
  const old = count ? `${dreamed} of ${count} dreamed` : "";
  return [old, new_].filter(Boolean).join(", ") || (left.length ? "No new picture has come yet." : "Nothing has come yet.");
}
