// The choices of a delivery, and what they come to.
import { useEffect, useRef, useState } from "preact/hooks";
import { frameUrl, get } from "../api.js";
import { html } from "../html.js";
import { connected, item, lastFrame, playhead, returns } from "../state.js";
import { duration } from "../words.js";
import { Options } from "./options.js";
import { body, busy, check, deliver, fits, fitting, loadTargets, set, target, targets, wanted } from "./order.js";

const NEAR = ["youtube", "reels", "tiktok", "mp4", "gif", "web", "premiere", "resolve", "master"];
const GROUPS = [
  ["To show", ["canvas", "vimeo", "webp", "mov"]],
  ["To edit", ["finalcut", "resolve-linux", "vj"]],
  ["For labels", ["youtube-music", "apple-music"]],
  ["To keep", ["master-16", "frames", "frames-16", "frames-exr"]],
];
const SHORT = {
  mp4: "MP4", mov: "MOV", youtube: "YouTube", reels: "Reels", tiktok: "TikTok", canvas: "Spotify Canvas", vimeo: "Vimeo", web: "Web page", gif: "GIF", webp: "WebP",
  premiere: "Premiere", resolve: "Resolve", "resolve-linux": "Resolve on Linux", finalcut: "Final Cut", vj: "VJ", "youtube-music": "YouTube partners",
  "apple-music": "Apple Music", master: "Archive", "master-16": "Archive, 16 bits", frames: "PNG pictures", "frames-16": "PNG, 16 bits", "frames-exr": "OpenEXR",
};

function Targets() {
  const known = targets.value.map((each) => each.name);
  const grouped = new Set([...NEAR, ...GROUPS.flatMap(([, names]) => names)]);
  const groups = [...GROUPS, ["More", known.filter((name) => !grouped.has(name))]];
  const now = target.value?.name ?? wanted.value.for;
  const isFar = !NEAR.includes(now);
  const row = useRef(null);
  useEffect(() => { row.current.querySelector("[aria-pressed=true], .is-chosen")?.scrollIntoView({ block: "nearest", inline: "nearest" }); }, [now]);
  return html`<fieldset class="targets"><legend>Where does it go?</legend><div class="row" ref=${row}>
    ${NEAR.filter((name) => known.includes(name)).map((name) => html`<button key=${name} type="button" aria-pressed=${now === name}
      onClick=${() => set({ for: name })}>${SHORT[name] ?? name}</button>`)}
    <select aria-label="Somewhere else" class=${isFar ? "is-chosen" : ""} value=${isFar ? now : ""}
      onChange=${(event) => event.currentTarget.value && set({ for: event.currentTarget.value })}>
      <option value="">Somewhere else</option>
      ${groups.map(([words, names]) => names.some((name) => known.includes(name)) && html`<optgroup key=${words} label=${words}>
        ${names.filter((name) => known.includes(name)).map((name) => html`<option key=${name} value=${name}>${SHORT[name] ?? name}</option>`)}
      </optgroup>`)}
    </select></div>
  </fieldset>
  <p class="soft">${target.value?.line ?? ""}</p>`;
}

/** What of the picture a window of another shape shows: it goes with the point that the camera falls into. */
function Window() {
  const facts = item.value;
  const [fall, setFall] = useState(null);
  const frame = Math.min(playhead.value, lastFrame.value);
  const shape = fitting.value?.what.size;
  const shown = Boolean(fits("shape") && wanted.value.shape && shape && facts.size);
  useEffect(() => {
    if (!shown) return undefined;
    const later = setTimeout(() => get(`/api/items/${facts.id}/fall/${frame}`, { quiet: true }).then(setFall).catch(() => {}), 120);
    return () => clearTimeout(later);
  }, [facts.id, frame, shown]);
  if (!shown || facts.kind === "film") return null;
  const [width, height] = facts.size;
  const times = Math.min(width / shape[0], height / shape[1]);
  const [wide, high] = [(shape[0] * times) / width, (shape[1] * times) / height];
  const start = (point, length) => Math.min(1 - length, Math.max(0, (point ?? 0.5) - length / 2));
  const [left, top] = [start(fall?.x, wide), start(fall?.y, high)];
  const percent = (share) => `${100 * share}%`;
  return html`<figure class="window"><div>
      <img src=${frameUrl(facts.id, frame, 320)} alt="" />
      <span style=${{ left: percent(left), top: percent(top), width: percent(wide), height: percent(high) }}></span>
    </div><figcaption class="soft">What is shown of frame ${frame}: the window follows the fall.</figcaption></figure>`;
}

function Told({ lines, kind }) {
  return lines.map((line) => html`<p class=${kind} key=${line.words}>${line.words}
    ${line.fixes.map((fix) => html` <button class="small" key=${fix.words} onClick=${() => set(fix.set)}>${fix.words}</button>`)}</p>`);
}

function whatInWords(what) {
  if (!what?.size) return "";
  const rate = Number(what.fps.toFixed(2));
  const lasts = what.seconds < 10 ? `${what.seconds.toFixed(2)} s` : duration(what.seconds);
  return [`${what.size[0]}×${what.size[1]}`, `${lasts} at ${rate} frames a second`, what.video, what.sound ?? "no sound"].join(" · ");
}

export function Form() {
  const facts = item.value;
  useEffect(() => { loadTargets(facts).catch(() => {}); }, [facts.id, facts.has_song, facts.is_loop, returns.value]);
  const asks = JSON.stringify([facts.id, target.value?.name, body(facts), facts.frames_done === facts.frames_total, facts.frames_done > 0]);
  useEffect(() => {
    const later = setTimeout(() => target.value && check(facts), 150);
    return () => clearTimeout(later);
  }, [asks, returns.value]);
  const found = fitting.value;
  const isSound = found && found.faults.length === 0;
  if (!targets.value.length) return connected.value ? null : html`<p class="soft">Where it can go is told when the studio answers.</p>`;
  return html`<section class="deliver-form" aria-label="Deliver">
    <${Targets} />
    <${Options} key=${target.value?.name} />
    <${Window} />
    <div class="comes-to" aria-live="polite">
      ${isSound && html`<p><strong>${found.file}</strong></p><p class="soft">${whatInWords(found.what)}</p>`}
      ${found && html`<${Told} lines=${found.faults} kind="warn" /><${Told} lines=${found.doubts} kind="soft" />`}
    </div>
    <button class="main" disabled=${!isSound || busy.value} onClick=${() => deliver().catch(() => {})}>Make the file</button>
  </section>`;
}
