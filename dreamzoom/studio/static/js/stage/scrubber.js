// The line of time below the picture: drag to go, hover to see. What is not rendered yet is dark.
import { useRef, useState } from "preact/hooks";
import { frameUrl } from "../api.js";
import { html } from "../html.js";
import { fps, item, lastFrame, marks, playhead, seek, speed } from "../state.js";
import { clock } from "../words.js";

const THUMB = 160;

export function Scrubber() {
  const line = useRef(null);
  const [hover, setHover] = useState(null);
  const facts = item.value;
  const total = Math.max(1, (facts.frames_total || facts.frames_done) - 1);
  const part = (frame) => `${(100 * Math.min(frame, total)) / total}%`;

  const frameAt = (event) => {
    const box = line.current.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return { frame: Math.min(lastFrame.value, Math.round(share * total)), x: event.clientX - box.left, width: box.width };
  };
  const move = (event) => {
    const found = frameAt(event);
    setHover(found);
    if (event.buttons && line.current.hasPointerCapture(event.pointerId)) seek(found.frame);
  };
  const press = (event) => {
    if (event.button) return;
    line.current.setPointerCapture(event.pointerId);
    if (event.pointerType !== "mouse") speed.value = 0;
    seek(frameAt(event).frame);
  };
  const { from, to } = marks.value;
  return html`<div class="scrubber">
    <div class="line" ref=${line} role="slider" tabindex="0" data-keys aria-label="Frame"
      aria-valuemin="0" aria-valuemax=${lastFrame.value} aria-valuenow=${playhead.value}
      aria-valuetext=${`frame ${playhead.value} of ${lastFrame.value}`}
      onPointerDown=${press} onPointerMove=${move} onPointerLeave=${() => setHover(null)} onPointerUp=${(event) => {
        if (event.pointerType !== "mouse") setHover(null);
      }}>
      <div class="track">
        <div class="made" style=${{ width: part(lastFrame.value) }}></div>
        ${(from !== null || to !== null) && html`<div class="span"
          style=${{ left: part(from ?? 0), right: `calc(100% - ${part(to ?? lastFrame.value)})` }}></div>`}
        <div class="gone" style=${{ width: part(playhead.value) }}></div>
      </div>
      <div class="head" style=${{ left: part(playhead.value) }}></div>
    </div>
    ${hover && html`<${Thumb} ...${hover} />`}
  </div>`;
}

function Thumb({ frame, x, width }) {
  const facts = item.value;
  const half = THUMB / 2 + 8;
  const left = Math.min(Math.max(x, half), Math.max(half, width - half));
  const height = Math.round((THUMB * facts.size[1]) / facts.size[0]);
  return html`<div class="thumb" style=${{ left: `${left}px` }} aria-hidden="true">
    <img alt="" width=${THUMB} height=${Math.min(height, 120)} src=${frameUrl(facts.id, frame, THUMB)} />
    <span>${frame} · ${clock(frame, fps.value)}</span>
  </div>`;
}
