// The top of the page: whose folder it is, what is at work, whether the studio is heard.
import { showHelp } from "./help.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { QueueChip } from "./queue.js";
import { showPhone } from "./phone.js";
import { connected, folder, loaded, lostFor } from "./state.js";

export function Head() {
  const name = folder.value.split(/[\\/]/).filter(Boolean).at(-1) ?? folder.value; // the whole of it is told on hovering
  return html`<header class="head">
    <h1>dreamzoom</h1><span class="folder" title=${folder}>${name}</span><span class="space"></span>
    <${Lost} />
    <${QueueChip} />
    <button class="plain icon-only wide-only" aria-label="Open on my phone" title="Open on my phone" onClick=${showPhone}>${icon("phone")}</button>
    <button class="plain icon-only" aria-label="Keys (?)" title="Keys (?)" onClick=${showHelp}>${icon("help")}</button>
  </header>`;
}

/** Said calmly, with seconds; a screen reader hears it once. */
function Lost() {
  const gone = loaded.value && !connected.value && lostFor.value >= 2;
  return html`<span class="lost"><span role="status">${gone ? "The studio does not answer" : ""}</span>
    ${gone && html`<span class="wide-only" aria-hidden="true"> for ${lostFor.value} s. This page goes on by itself when it does.</span>`}</span>`;
}
