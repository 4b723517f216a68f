// The choices that fit what is delivered: the studio says which, this file how they are shown.
import { html } from "../html.js";
import { item, items, marks } from "../state.js";
import { fits, set, target, targets, wanted } from "./order.js";

const SHAPES = [["", "Its own"], ["portrait", "Upright, 9:16"], ["square", "Square"], ["4:5", "4:5"], ["16:9", "Wide, 16:9"]];
const ROUNDS = [["", "Once"], [4, "4 rounds"], [8, "8 rounds"], [16, "16 rounds"]];
const UNDER = ["song", "As long as its song"];
const SPEEDS = [["", "Its own"], [0.25, "A quarter"], [0.5, "Half"], [2, "Twice"], [4, "Four times"]];
const BLURS = [["", "None"], [90, "A little, 90°"], [180, "As film, 180°"], [360, "Long, 360°"]];
const RATES = [["", "Its own"], ["24", "24"], ["25", "25"], ["30", "30"], ["60", "60"]];
const LEVELS = [["", "As it is"], [-14, "-14 LUFS, streaming"], [-16, "-16 LUFS"], [-23, "-23 LUFS, broadcast"]];
const SOUNDS = [["", "As its recipe says"], ["aac", "AAC, plays everywhere"], ["copy", "As it is, where it can be"]];

function Choice({ words, name, options, usual = "" }) {
  if (!fits(name)) return null;
  const value = wanted.value[name] ?? usual;
  const known = options.some(([each]) => String(each) === String(value)) ? options : [...options, [value, String(value)]];
  const read = (text) => options.find(([each]) => String(each) === text)?.[0] ?? text;
  return html`<label>${words}<select value=${String(value)} onChange=${(event) => {
    const picked = read(event.currentTarget.value);
    set({ [name]: picked === usual ? undefined : picked });
  }}>${known.map(([each, told]) => html`<option key=${each} value=${String(each)}>${told}</option>`)}</select></label>`;
}

/** Seconds that a person writes; none are as it is. */
function Seconds({ words, name, hint }) {
  if (!fits(name)) return null;
  const write = (event) => {
    const { value, validity } = event.currentTarget;
    if (!validity.badInput) set({ [name]: value === "" ? undefined : Math.max(0, Number(value)) });
  };
  return html`<label>${words}<input type="number" min="0" step="0.1" placeholder=${hint} value=${wanted.value[name] ?? ""} onInput=${write} /></label>`;
}

function Check({ words, name, value = true }) {
  if (!fits(name)) return null;
  return html`<label class="check"><input type="checkbox" checked=${wanted.value[name] === value}
    onChange=${(event) => set({ [name]: event.currentTarget.checked ? value : undefined })} /> ${words}</label>`;
}

/** Those files of a kind that lie in the folder, as options. */
const filesOf = (kind) => [...items.value.values()].filter((each) => each.kind === kind).map(({ id, name }) => [id, name]);

/** Another song, and words over the picture. */
function SongAndWords({ another, sounds }) {
  const [songs, words, fonts] = [filesOf("song"), filesOf("lyrics"), filesOf("font")];
  const isWritten = items.value.has(wanted.value.titles);
  const lacking = [fits("titles") && !words.length && "Words come from a .lrc, .srt or .vtt file: drop one on the page.",
    fits("font") && isWritten && !fonts.length && "Drop a font (.ttf, .otf) to have them in another one.",
    fits("song") && !songs.length && "Drop a song to have another one."].filter(Boolean);
  return html`
    <${Choice} words="Words over it" name="titles" options=${[["", "None"], ...words]} />
    ${isWritten && fonts.length > 0 && html`<${Choice} words="Written in" name="font" options=${[["", "Inter, the built-in font"], ...fonts]} />`}
    <${Choice} words="Song" name="song" options=${[["", item.value.has_song ? "Its own" : "None"], ...songs]} />
    ${lacking.length > 0 && html`<p class="line soft">${lacking.join(" ")}</p>`}
    ${another && html`<${Seconds} words="Song begins at (s)" name="start" hint="0" />`}
    ${sounds && html`<${Seconds} words="Sound rises (s)" name="fade_in" hint="as it is" />
      <${Seconds} words="Sound falls (s)" name="fade_out" hint="as it is" />
      <${Choice} words="Sound becomes" name="sound" options=${SOUNDS} />`}`;
}

export function Options() {
  const facts = item.value;
  const { from, to } = marks.value;
  const another = fits("song") && items.value.has(wanted.value.song);
  const isSilent = fits("silent") && !another && Boolean(wanted.value.silent);
  const sounds = facts.has_song || another;
  const isMarked = from !== null || to !== null;
  const wordy = !fits("titles") && targets.value.find((each) => each.choices.includes("titles"));
  if (!target.value) return null;
  return html`<div class="options">
    <${SongAndWords} another=${another} sounds=${sounds && !isSilent} />
    <${Choice} words="Shape" name="shape" options=${SHAPES} />
    <${Choice} words="Play the loop" name="rounds" options=${sounds ? [...ROUNDS, UNDER] : ROUNDS} />
    ${sounds && !isSilent && html`<${Choice} words="Loudness" name="loudness" options=${LEVELS} />`}
    <${Choice} words="Speed" name="speed" options=${SPEEDS} />
    <${Choice} words="Motion blur" name="shutter" options=${BLURS} />
    <${Choice} words="Frames a second" name="fps" options=${RATES} />
    ${fits("size") && wanted.value.size && html`<p class="line">Size ${wanted.value.size.join("×")} <button class="small" onClick=${() => set({ size: undefined })}>Its own</button></p>`}
    ${wanted.value.frames && html`<p class="line">Frames ${wanted.value.frames[0]} to ${wanted.value.frames[1] - 1}
      <button class="small" onClick=${() => set({ frames: undefined })}>All</button></p>`}
    ${isMarked && html`<label class="check"><input type="checkbox" checked=${Boolean(wanted.value.between)}
      onChange=${(event) => set({ between: event.currentTarget.checked || undefined })} /> Only between the marks</label>`}
    ${facts.has_song && !another && html`<${Check} words="Without sound" name="silent" />`}
    <${Check} words="Do not tell in the file how it was made" name="recipe" value=${false} />
    ${wordy && html`<p class="line soft">With words over it, or another song: <button class="small" onClick=${() => set({ for: wordy.name })}>${wordy.title}</button></p>`}
  </div>`;
}
