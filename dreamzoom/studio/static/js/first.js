// Whether this is the first run, and the three steps of it: the same words over the clouds and in the panel.
import { computed } from "@preact/signals";
import { html } from "./html.js";
import { items, loaded } from "./state.js";

const CLOUDS = "first-dream"; // the clip that an empty folder begins with

/** Whether there is nothing yet but the clouds that the studio itself has begun. */
export const isFirstRun = computed(() => loaded.value && [...items.value.values()].every((facts) => facts.name === CLOUDS));

const STEPS = [
  ["Picture", html`the button on the picture<span class="for-desk">, or drop one anywhere</span>`],
  ["Look", "a click on one of these"],
  ["Dream", "the button below them"],
];

/** The way to a first clip; `isLong` says of each step where it is done. */
export const Steps = ({ isLong }) => html`<ol class=${`steps ${isLong ? "is-long" : ""}`} aria-label="To a first clip">
  ${STEPS.map(([name, where]) => html`<li key=${name}>${name}${isLong && html`<span class="soft">: ${where}</span>`}</li>`)}</ol>`;
