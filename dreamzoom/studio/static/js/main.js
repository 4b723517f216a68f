// The page: its rooms, and its beginning.
import { render } from "preact";
import { post } from "./api.js";
import { listen } from "./events.js";
import { Gallery } from "./gallery.js";
import { html } from "./html.js";
import { Panel } from "./panel.js";
import { Stage } from "./stage.js";
import { connected, folder, notice } from "./state.js";
import { Timeline } from "./timeline/timeline.js";

function Head() {
  return html`<header class="head">
    <h1>dreamzoom</h1><span class="folder">${folder}</span><span class="space"></span>
    <span role="status">${connected.value ? "" : "not connected"}</span>
  </header>`;
}

function Notice() {
  const told = notice.value;
  return html`<div role="status" aria-live="polite">
    ${told && html`<p class=${`notice ${told.bad ? "bad" : ""}`}>${told.text}</p>`}
  </div>`;
}

function Studio() {
  return html`<div class="studio"><${Head} /><${Gallery} /><${Stage} /><${Panel} /><${Timeline} /></div><${Notice} />`;
}

/** The key in the address becomes a cookie, and goes from the address. */
async function enter() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", "/");
  await post("/api/session", { token });
}

await enter();
render(html`<${Studio} />`, document.getElementById("studio"));
await listen();
document.documentElement.dataset.ready = ""; // for who waits until all is there
