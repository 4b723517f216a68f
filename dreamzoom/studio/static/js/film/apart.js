// What two films differ in: their storyboards' scenes side by side, with their pictures, and the keys that are unlike.
import { frameUrl } from "../api.js";
import { html } from "../html.js";
import { seek } from "../state.js";

const TITLES = {
  "film.title": "Title", "film.size": "Size", "film.fps": "Frames a second", "film.seed": "Seed", "film.preset": "Look", "soundtrack.song": "Song",
  image: "Picture", preset: "Look", start: "Starts", length: "Lasts", transition: "Begins with", over: "over", seed: "Seed", name: "Name",
};

/** A key in words: a scene's own as on the Film tab, others as the storyboard writes them. */
const titleOf = (key) => TITLES[key] ?? key;

/** A value in few words; of a file its name. */
function words(key, raw) {
  if (raw === null || raw === undefined || raw === "") return "none";
  return key === "image" || /[/\\].*\.\w+$/.test(String(raw)) ? String(raw).replace(/^.*[/\\]/, "") : String(raw);
}

function Keys({ keys, one, two, of }) {
  return html`<div class="apart"><table><caption class="hidden">${of}</caption>
    <thead><tr><th scope="col">What</th><th scope="col">${one.name}</th><th scope="col">${two.name}</th></tr></thead>
    <tbody>${keys.map(({ key, one: left, other: right }) => html`<tr key=${key}><th scope="row" title=${key}>${titleOf(key)}</th>
      ${[left, right].map((raw, place) => html`<td key=${place} title=${String(raw ?? "")}>${words(key, raw)}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** A scene of a film as it was made; none where its storyboard has been changed to more or fewer since. */
function made(film, number, count) {
  return number !== null && film.scenes?.length === count ? film.scenes[number] : null;
}

/** The picture in the middle of what is there of a scene. */
function Face({ film, scene, isThere }) {
  if (!isThere) return html`<span class="empty soft">not there</span>`;
  if (!scene?.frames_done) return html`<span class="empty soft">not made</span>`;
  const frame = Math.min(scene.first + Math.floor(Math.min(scene.frames_done, scene.stop - scene.first) / 2), scene.stop - 1);
  return html`<img src=${frameUrl(film.id, frame, 160)} alt="" loading="lazy" />`;
}

function Pair({ pair, one, two, counts }) {
  const { one: left, other: right, keys } = pair;
  const scenes = [made(one, left, counts[0]), made(two, right, counts[1])];
  const number = [left, right].map((each) => (each === null ? "" : String(each + 1)));
  const name = left === right ? `Scene ${number[0]}` : left === null ? `Scene ${number[1]} of ${two.name} alone`
    : right === null ? `Scene ${number[0]} of ${one.name} alone` : `Scene ${number[0]}, there ${number[1]}`;
  const fate = left === null || right === null ? "" : keys.length ? "" : "the same";
  return html`<li>
    <div class="line"><h3>${name}</h3> <span class="soft">${fate}</span>
      ${scenes[0] && html`<button class="small" aria-label=${`Go to scene ${number[0]}`} onClick=${() => seek(scenes[0].first)}>Go there</button>`}</div>
    <div class="faces"><${Face} film=${one} scene=${scenes[0]} isThere=${left !== null} /><${Face} film=${two} scene=${scenes[1]} isThere=${right !== null} /></div>
    ${keys.length > 0 && html`<${Keys} keys=${keys} one=${one} two=${two} of=${`${name}: what differs`} />`}
  </li>`;
}

/** The whole difference. `apart` is {keys, scenes: [{one, other, keys}]}. */
export function FilmsApart({ one, two, apart }) {
  const counts = ["one", "other"].map((side) => apart.scenes.filter((pair) => pair[side] !== null).length);
  const unlike = apart.scenes.filter((pair) => pair.keys.length || pair.one === null || pair.other === null).length;
  return html`<p class="soft">${unlike ? `${unlike} of ${apart.scenes.length} scenes differ in the storyboard.` : "Their storyboards have the same scenes."}</p>
    ${apart.keys.length > 0 && html`<${Keys} keys=${apart.keys} one=${one} two=${two} of="What differs of the films as a whole" />`}
    <ol class="pairs" aria-label="Scenes side by side">${apart.scenes.map((pair) =>
      html`<${Pair} key=${`${pair.one} ${pair.other}`} pair=${pair} one=${one} two=${two} counts=${counts} />`)}</ol>`;
}
