// What is on the stage stands in the address, #ID@FRAME, so that reload and Back come to it again.
import { effect } from "@preact/signals";
import { choose, chosen, follows, items, playhead, speed } from "./state.js";

const PLACE = /^#([0-9a-f]{16})(?:@(\d{1,9}))?$/;
const PATIENCE = 400; // milliseconds: browsers refuse an address that changes with each frame

/** The item and the frame that an address names; null where it names none. */
export function placeOf(hash) {
  const found = PLACE.exec(hash);
  return found && { id: found[1], frame: found[2] === undefined ? null : Number(found[2]) };
}

/** Go where the address says, if that is there. Whether it was. */
export function goToAddress() {
  const place = placeOf(location.hash);
  if (!place || !items.value.has(place.id)) return false;
  choose(place.id, place.frame);
  return true;
}

const wanted = () => (chosen.value ? `#${chosen.value}${follows.value ? "" : `@${playhead.value}`}` : "");

/** Keep the address with the stage: another item is a step for Back, another frame is not. */
export function keepAddress() {
  let timer = 0;
  effect(() => {
    const hash = wanted();
    if (!hash || speed.value !== 0 || hash === location.hash) return;
    clearTimeout(timer);
    const known = placeOf(location.hash);
    if (known && known.id !== chosen.value) history.pushState(null, "", hash);
    else timer = setTimeout(() => history.replaceState(null, "", wanted() || "/"), PATIENCE);
  });
  addEventListener("popstate", goToAddress);
  addEventListener("pagehide", () => { if (wanted()) history.replaceState(null, "", wanted()); });
}
