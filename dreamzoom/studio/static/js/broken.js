// Pictures that could not be loaded: no torn icon stands in their place, and once the studio answers again they are
// asked for again.
import { effect } from "@preact/signals";
import { returns } from "./state.js";

const broken = () => document.querySelectorAll("img[data-broken]");

/** Begin to look for them. */
export function beginMending() {
  addEventListener("error", ({ target }) => { if (target.tagName === "IMG") target.dataset.broken = ""; }, true);
  addEventListener("load", ({ target }) => { if (target.tagName === "IMG") delete target.dataset.broken; }, true);
  effect(() => {
    if (returns.value) for (const picture of broken()) picture.src = picture.getAttribute("src");
  });
}
