// The choices of a delivery, and what they come to.
import { useEffect, useState } from "preact/hooks";
import { frameUrl, get } from "../api.js";
import { html } from "../html.js";
import { item, lastFrame, marks, playhead, returns } from "../state.js";
import { duration } from "../words.js";
import { body, busy, check, deliver, fitting, loadTargets, set, target, targets, wanted } from "./order.js";

const NEAR = ["youtube", "reels", "tiktok", "gif", "web", "premiere", "resolve", "master"];
const GROUPS = [
  ["To show", ["canvas", "vimeo", "webp"]],
  ["To edit", ["finalcut", "resolve-linux", "vj"]],
  ["For labels", ["youtube-music", "apple-music"]],
  ["To keep", ["master-16", "frames", "frames-16", "frames-exr"]],
];
const SHORT = {
  youtube: "YouTube", reels: "Reels", tiktok: "TikTok", canvas: "Spotify Canvas", vimeo: "Vimeo", web: "Web page", gif: "GIF", webp: "WebP",
  premiere: "Premiere", resolve: "Resolve", "resolve-linux": "Resolve on Linux", finalcut: "Final Cut", vj: "VJ", "youtube-music": "YouTube partners",
  "apple-music": "Apple Music", master: "Archive", "master-16": "Archive, 16 bits", frames: "PNG pictures", "frames-16": "PNG, 16 bits", "frames-exr": "OpenEXR",
};

function Targets() {
  const known = targets.value.map((each) => each.name);
  const grouped = new Set([...NEAR, ...GROUPS.flatMap(([, names]) => names)]);
  const groups = [...GROUPS, ["More", known.filter((name) => !grouped.has(name))]];
  const now = wanted.value.for;
  const isFar = !NEAR.includes(now);
  return html`<fieldset class="targets"><legend>Where does it go?</legend>
    ${NEAR.filter((name) => known.includes(name)).map((name) => html`<button key=${name} type="button" aria-pressed=${now === name}
      onClick=${() => set({ for: name })}>${SHORT[name] ?? name}</button>`)}
    <select aria-label="Somewhere else" class=${isFar ? "is-chosen" : ""} value=${isFar ? now : ""}
      onChange=${(event) => event.currentTarget.value && set({ for: event.currentTarget.value })}>
      <option value="">Somewhere else</option>
      ${groups.map(([words, names]) => names.some((name) => known.includes(name)) && html`<optgroup key=${words} label=${words}>
        ${names.filter((name) => known.includes(name)).map((name) => html`<option key=${name} value=${name}>${SHORT[name] ?? name}</option>`)}
      </optgroup>`)}
    </select>
  </fieldset>
  <p class="soft">${target.value?.line ?? ""}</p>`;
}

function Choice({ words, name, options, usual = "" }) {
  const value = wanted.value[name] ?? usual;
  const known = options.some(([each]) => String(each) === String(value)) ? options : [...options, [value, String(value)]];
  const read = (text) => options.find(([each]) => String(each) === text)?.[0] ?? text;
  return html`<label>${words}<select value=${String(value)} onChange=${(event) => {
    const picked = read(event.currentTarget.value);
    set({ [name]: picked === usual ? undefined : picked });
  }}>${known.map(([each, told]) => html`<option key=${each} value=${String(each)}>${told}</option>`)}</select></label>`;
}

const SHAPES = [["", "Its own"], ["portrait", "Upright, 9:16"], ["square", "Square"], ["4:5", "4:5"], ["16:9", "Wide, 16:9"]];
const ROUNDS = [["", "Once"], [4, "4 rounds"], [8, "8 rounds"], [16, "16 rounds"]];
const SPEEDS = [["", "Its own"], [0.25, "A quarter"], [0.5, "Half"], [2, "Twice"], [4, "Four times"]];
const BLURS = [["", "None"], [90, "A little, 90°"], [180, "As film, 180°"], [360, "Long, 360°"]];
const RATES = [["", "Its own"], ["24", "24"], ["25", "25"], ["30", "30"], ["60", "60"]];
const LEVELS = [["", "As it is"], [-14, "-14 LUFS, streaming"], [-16, "-16 LUFS"], [-23, "-23 LUFS, broadcast"]];

function Options() {
  const facts = item.value;
  const { from, to } = marks.value;
  const sounds = facts.has_song && target.value?.has_sound;
  return html`<div class="options">
    <${Choice} words="Shape" name="shape" options=${SHAPES} />
    ${facts.is_loop && html`<${Choice} words="Play the loop" name="rounds" options=${facts.has_song ? [...ROUNDS, ["song", "As long as its song"]] : ROUNDS} />`}
    ${sounds && html`<${Choice} words="Loudness" name="loudness" options=${LEVELS} />`}
    ${facts.kind === "clip" && html`<${Choice} words="Speed" name="speed" options=${SPEEDS} />
      <${Choice} words="Motion blur" name="shutter" options=${BLURS} />`}
    <${Choice} words="Frames a second" name="fps" options=${RATES} />
    ${wanted.value.size && html`<p class="line">Size ${wanted.value.size.join("×")} <button class="small" onClick=${() => set({ size: undefined })}>Its own</button></p>`}
    ${wanted.value.frames && html`<p class="line">Frames ${wanted.value.frames[0]} to ${wanted.value.frames[1] - 1}
      <button class="small" onClick=${() => set({ frames: undefined })}>All</button></p>`}
    ${(from !== null || to !== null) && html`<label class="check"><input type="checkbox" checked=${Boolean(wanted.value.between)}
      onChange=${(event) => set({ between: event.currentTarget.checked || undefined })} /> Only between the marks</label>`}
    ${sounds && html`<label class="check"><input type="checkbox" checked=${Boolean(wanted.value.silent)}
      onChange=${(event) => set({ silent: event.currentTarget.checked || undefined })} /> Without sound</label>`}
  </div>`;
}

/** What of the picture a window of another shape shows: it goes with the point that the camera falls into. */
function Window() {
  const facts = item.value;
  const [fall, setFall] = useState(null);
  const frame = Math.min(playhead.value, lastFrame.value);
  const shape = fitting.value?.what.size;
  const shown = Boolean(wanted.value.shape && shape && facts.size);
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
  useEffect(() => { loadTargets().catch(() => {}); }, [returns.value]);
  const asks = JSON.stringify([facts.id, body(facts), facts.frames_done === facts.frames_total, facts.frames_done > 0]);
  useEffect(() => {
    const later = setTimeout(() => check(facts), 150);
    return () => clearTimeout(later);
  }, [asks, returns.value]);
  const found = fitting.value;
  const fits = found && found.faults.length === 0;
  return html`<section class="deliver-form" aria-label="Deliver">
    <${Targets} />
    <${Options} />
    <${Window} />
    <div class="comes-to" aria-live="polite">
      ${fits && html`<p><strong>${found.file}</strong></p><p class="soft">${whatInWords(found.what)}</p>`}
      ${found && html`<${Told} lines=${found.faults} kind="warn" /><${Told} lines=${found.doubts} kind="soft" />`}
    </div>
    <button class="main" disabled=${!fits || busy.value} onClick=${() => deliver().catch(() => {})}>Make the file</button>
  </section>`;
}
