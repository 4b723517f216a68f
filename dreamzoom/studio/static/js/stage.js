// The stage: what is chosen, its picture, and what plays it.
import { useEffect, useRef, useState } from "preact/hooks";
import { Compare } from "./compare.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { useItem } from "./plan.js";
import { connected, item, loaded, makesWay, panel, returns, room } from "./state.js";
import { hasPicture, plays } from "./stage/show.js";
import { Title } from "./stage/title.js";
import { Transport } from "./stage/transport.js";
import { View } from "./stage/view.js";
import { asleep } from "./stage/whole.js";
import { Greeting, Welcome } from "./welcome.js";

export function Stage() {
  const facts = item.value;
  const shows = hasPicture(facts);
  const enlarge = () => { if (makesWay.value && matchMedia("(max-width: 56rem)").matches) room.value = "stage"; };
  return html`<section class="stage" aria-label="Stage" data-asleep=${asleep.value ? "" : undefined}>
    ${facts && html`<${Title} />`}
    <div class="screen" onClick=${enlarge}>
      ${!facts ? loaded.value && html`<${Welcome} />` : shows
        ? html`<${View} key=${facts.id} />` : html`<${Still} />`}
      ${shows && html`<${Compare} />`}
      ${facts && html`<${Greeting} />`}
    </div>
    ${plays(facts) && facts.frames_done > 0 && html`<${Transport} />`}
  </section>`;
}

/** A video that was delivered; of one that this browser cannot play it is said how to see it. */
function Video({ facts }) {
  const [failed, setFailed] = useState(null); // how often the studio had answered again then: with the next time it is begun anew
  if (failed !== returns.value) {
    return html`<video class="video" controls playsinline preload="metadata" src=${`/api/items/${facts.id}/video`} aria-label=${facts.name}
      onError=${() => setFailed(returns.value)}></video>`;
  }
  if (!connected.value) return html`<div class="still">${icon("film")}<h2>${facts.name}</h2><p class="soft">It plays when the studio answers.</p></div>`;
  return html`<div class="still">${icon("film")}<h2>${facts.name}</h2><p class="soft">This browser cannot play it.</p>
    <a class="button" href=${`/api/items/${facts.id}/video`} download=${facts.name}>Download it</a></div>`;
}

/** A song by itself; what nobody sent is asked for once the studio answers again. */
function Song({ facts }) {
  const player = useRef(null);
  useEffect(() => { if (player.current.error) player.current.load(); }, [returns.value]);
  return html`<div class="still">${icon("song")}<h2>${facts.name}</h2>
    <audio controls preload="metadata" ref=${player} src=${`/api/items/${facts.id}/song`} aria-label=${facts.name}></audio></div>`;
}

/** What has no picture, or none yet, says so. */
function Still() {
  const facts = item.value;
  if (plays(facts)) {
    const words = {
      running: "The first frame is being dreamed.", waiting: "It waits for its turn: the Queue tab shows when.",
      damaged: "It is damaged and has no frame to show.", interrupted: facts.faults?.length ? "Its frames are lost: Go on makes them anew." : "It was stopped before its first frame.",
    }[facts.state] ?? "It has no frame yet.";
    if (facts.kind !== "clip" || facts.state === "damaged") return html`<div class="still"><p>${words}</p></div>`;
    return html`<div class="begins"><img src=${`/api/items/${facts.id}/picture?width=960`} alt="" /><p>${words}</p></div>`;
  }
  if (facts.kind === "song") {
    return html`<${Song} key=${facts.id} facts=${facts} />`;
  }
  if (facts.kind === "recipe") {
    const use = () => {
      useItem(facts);
      panel.value = "direct";
      room.value = "panel";
    };
    return html`<div class="still">${icon("recipe")}<h2>${facts.name}</h2><p class="soft">A recipe: a way to dream.</p>
      <button class="main" onClick=${use}>Dream with it</button></div>`;
  }
  if (facts.kind === "video") {
    return html`<${Video} key=${facts.id} facts=${facts} />`;
  }
  return html`<div class="still">${icon("film")}<h2>${facts.name}</h2></div>`;
}
