// From room to room by keyboard: F6 goes on to the next one, from a field as well; Shift and F6 back.
import { bind } from "./keys.js";
import { room } from "./state.js";

/** Where a room is entered, the first that is there; and which of a phone's rooms that is. */
const ROOMS = [
  { within: ".gallery", entries: [".card .open[tabindex='0']", ".find input"], name: "gallery" },
  { within: ".stage", entries: [".picture", "button"], name: null },
  { within: ".timeline", entries: ["button"], name: "stage" },
  { within: ".panel", entries: ["[role=tab][aria-selected=true]"], name: "panel" },
];

const entryOf = ({ within, entries }) =>
  entries.map((entry) => document.querySelector(`${within} ${entry}`)).find(Boolean);

function go(step) {
  const here = ROOMS.findIndex(({ within }) => document.activeElement?.closest(within));
  const start = here < 0 ? (step > 0 ? -1 : 0) : here;
  for (let count = 1; count <= ROOMS.length; count += 1) {
    const next = ROOMS.at((start + count * step + ROOMS.length) % ROOMS.length);
    const entry = entryOf(next);
    if (!entry) continue;
    room.value = next.name ?? room.value;
    requestAnimationFrame(() => entry.focus({ focusVisible: true }));
    return;
  }
}

/** Bind the keys. */
export function bindRooms() {
  bind("F6", "the next room: gallery, picture, timeline, panel", () => go(1));
  bind("Shift+F6", "the room before", () => go(-1));
}
