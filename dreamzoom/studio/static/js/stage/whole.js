// The whole screen: its buttons come with whoever moves, and go when nobody does; a finger calls them and sends them away.
import { signal } from "@preact/signals";

const STAYS_MS = 2500;

export const isWhole = signal(false);
export const asleep = signal(false); // whether the buttons and the pointer are out of sight

let timer = 0;
let place = ""; // of the pointer: a browser tells of moves where only the page has moved

/** The stage over the whole screen, or not. */
export function wholeScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.querySelector(".stage")?.requestFullscreen?.().catch(() => {});
}

/** Whether the browser lets a page do so: that of a small phone may not. */
export const canBeWhole = () => Boolean(document.fullscreenEnabled);

function wake() {
  clearTimeout(timer);
  asleep.value = false;
  if (isWhole.value) timer = setTimeout(rest, STAYS_MS);
}

function rest() {
  if (document.querySelector(".stage .transport:hover") && matchMedia("(hover: hover)").matches) wake(); // a mouse is on them
  else asleep.value = isWhole.value;
}

/** A finger on the picture calls the buttons, and does nothing else: who watches does not aim. */
function touch(event) {
  if (!isWhole.value) return;
  const isFinger = event.pointerType !== "mouse" && event.target.closest(".picture");
  const wasAsleep = asleep.value;
  wake();
  if (!isFinger) return;
  event.stopPropagation();
  if (!wasAsleep) rest();
}

/** Begin to look who moves. */
export function bindWhole() {
  document.addEventListener("fullscreenchange", () => {
    isWhole.value = Boolean(document.fullscreenElement);
    wake();
  });
  addEventListener("pointermove", ({ screenX, screenY }) => {
    const before = place;
    place = `${screenX} ${screenY}`;
    if (isWhole.value && place !== before) wake();
  }, true);
  addEventListener("pointerdown", touch, true);
  addEventListener("keydown", ({ key, target }) => { if (isWhole.value && (key === "Tab" || target.closest?.(".transport"))) wake(); }, true);
}
