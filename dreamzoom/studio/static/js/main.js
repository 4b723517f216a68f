// The page: its rooms, and its beginning.
import { render } from "preact";
import { goToAddress, keepAddress, placeOf } from "./address.js";
import { post } from "./api.js";
import { beginMending } from "./broken.js";
import { askName, NameDialog } from "./dialog.js";
import { bindDrop, Parcels } from "./drop.js";
import { tellCutOff } from "./drop/cut.js";
import { listen } from "./events.js";
import { AddDialog } from "./film/adding.js";
import { bindGallery, Gallery } from "./gallery.js";
import { order } from "./gallery/groups.js";
import { askNamesWith, OpenMenu } from "./gallery/menu.js";
import { Head } from "./head.js";
import { bindHelp, Help } from "./help.js";
import { html } from "./html.js";
import { Panel } from "./panel.js";
import { Phone } from "./phone.js";
import { Stage } from "./stage.js";
import { beginTelling, Ready } from "./ready.js";
import { bindRooms } from "./rooms.js";
import { beginPlaying } from "./stage/clock.js";
import { bindControls } from "./stage/controls.js";
import { bindAim } from "./stage/fall.js";
import { beginLive } from "./stage/live.js";
import { beginShowing } from "./stage/show.js";
import { awaited, choose, chosen, makesWay, notice, room } from "./state.js";
import { Timeline } from "./timeline/timeline.js";
import { Trash } from "./trash.js";
import { greet } from "./welcome.js";

function Notice() {
  const told = notice.value;
  const undo = () => {
    notice.value = null;
    told.undo();
  };
  return html`<div role="status" aria-live="polite">
    ${told && html`<div class=${`notice ${told.bad ? "bad" : ""}`}><span>${told.text}</span>
      ${told.undo && html`<button class="plain" onClick=${undo}>Undo</button>`}</div>`}
  </div>`;
}

const ROOMS = [["gallery", "Gallery"], ["stage", "Timeline"], ["panel", "Direct"]];

/** On a phone: which room is below the stage. */
function Bottom() {
  return html`<nav class="bottom" aria-label="Rooms">${ROOMS.map(([id, words]) => html`<button key=${id}
    aria-pressed=${room.value === id} onClick=${() => { room.value = id; }}>${words}</button>`)}</nav>`;
}

function Studio() {
  return html`<div class="studio" data-room=${room.value} data-picture=${makesWay.value ? "small" : "large"}>
    <${Head} /><${Gallery} /><${Stage} /><${Timeline} /><${Panel} /><${Bottom} />
  </div><div class="told"><${Notice} /><div class="corner"><${Ready} /><${Parcels} /></div></div><${OpenMenu} /><${Help} /><${Trash} /><${Phone} /><${NameDialog} /><${AddDialog} />`;
}

/** The key in the address becomes a cookie, and goes from the address. */
async function enter() {
  const token = location.hash.slice(1);
  if (!token || placeOf(location.hash)) return;
  history.replaceState(null, "", "/");
  await post("/api/session", { token });
}

/** Without its key, or an answer, there is no studio: say so, and what to do. */
function Refused({ error }) {
  const words = error.facts ? `${error.message[0].toUpperCase()}${error.message.slice(1)}.` : "The studio does not answer. Load this page again when it runs.";
  return html`<main class="refused"><h1>dreamzoom</h1><p role="alert">${words}</p></main>`;
}

const page = document.getElementById("studio");

/** What a page cannot do without. */
async function need(answer) {
  try {
    await answer;
  } catch (error) {
    render(html`<${Refused} error=${error} />`, page);
    throw error;
  }
}

await need(enter());
render(html`<${Studio} />`, page);
askNamesWith((facts, act) => askName("Rename", "Its name, and that of its folder or file", facts.name, act));
bindControls();
bindAim();
bindGallery();
bindDrop();
tellCutOff();
bindHelp();
beginMending();
bindRooms();
beginTelling();
await need(listen());
if (!chosen.value && !awaited.value && !goToAddress() && order.value.length) choose(order.value[0].id);
greet();
keepAddress();
beginShowing();
beginLive();
beginPlaying();
document.documentElement.dataset.ready = ""; // for who waits until all is there
