// The picture itself: a canvas as large as fits, or of true pixels.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { item, playhead } from "../state.js";
import { aimingKeys, canFall, Cross, pointing, stopAiming } from "./fall.js";
import { exact, failure, picture, plays, shownWidth } from "./show.js";

/** The width and height in which a picture fits into a box, keeping its shape. */
function fit([width, height], box) {
  const scale = Math.min(box.width / width, box.height / height);
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}

/** Move an element to whole pixels of the screen: between two of them a picture is blurred. */
function standOnPixels(element, isExact, ratio) {
  Object.assign(element.style, { left: "", top: "" });
  if (!isExact) return;
  const box = element.getBoundingClientRect();
  const [left, top] = [box.left, box.top].map((place) => Math.round(place * ratio) / ratio - place);
  Object.assign(element.style, { left: `${left}px`, top: `${top}px` });
}

export function View() {
  const [room, frame, canvas] = [useRef(null), useRef(null), useRef(null)];
  const [box, setBox] = useState(null);
  const facts = item.value;
  const bitmap = picture.value?.id === facts.id ? picture.value.bitmap : null;
  const size = facts.size ?? (bitmap ? [bitmap.width, bitmap.height] : null);
  const ratio = devicePixelRatio || 1;

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setBox(entry.contentRect));
    watch.observe(room.current);
    return () => watch.disconnect();
  }, []);

  let shape = null;
  if (size && box) shape = exact.value ? { width: size[0] / ratio, height: size[1] / ratio } : fit(size, box);
  useLayoutEffect(() => { if (shape) shownWidth.value = Math.round(shape.width * ratio); });

  useLayoutEffect(() => {
    const drawn = canvas.current;
    if (!drawn || !bitmap) return;
    if (drawn.width !== bitmap.width || drawn.height !== bitmap.height) {
      drawn.width = bitmap.width;
      drawn.height = bitmap.height;
    }
    drawn.getContext("2d", { alpha: false }).drawImage(bitmap, 0, 0);
    drawn.dataset.frame = picture.value.frame;
  }, [bitmap, shape === null]);

  useLayoutEffect(() => { if (frame.current) standOnPixels(frame.current, exact.value, ratio); });

  const words = `${facts.name}${plays(facts) ? `, frame ${playhead.value}` : ""}${canFall(facts) ? ". T aims where to fall" : ""}`;
  return html`<div class=${`view ${exact.value ? "is-exact" : ""}`} ref=${room}>
    ${shape && html`<div class=${`picture ${canFall(facts) ? "can-aim" : ""}`} ref=${frame} style=${{ width: `${shape.width}px`, height: `${shape.height}px` }}
      role="group" aria-roledescription="picture" aria-label=${words} tabindex="0"
      onKeyDown=${aimingKeys} onBlur=${stopAiming} ...${pointing(() => frame.current)}>
      <canvas ref=${canvas} role="img" aria-label=${facts.name}></canvas>
      <${Cross} />
    </div>`}
    ${failure.value && html`<p class="failure" role="status">${failure.value}</p>`}
  </div>`;
}
