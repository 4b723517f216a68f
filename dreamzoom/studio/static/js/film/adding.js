// A scene added to a film: below its storyboard, by a card dropped on a scene, or from the gallery's menu.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { get } from "../api.js";
import { Dialog } from "../dialog.js";
import { allow, ITEM } from "../drags.js";
import { sendFiles } from "../drop.js";
import { html } from "../html.js";
import { choose, chosen, items, panel, room, tell } from "../state.js";
import { board, change, changing, send } from "./board.js";

const picked = signal(""); // the id of what is to be a scene
const place = signal(""); // which scene it becomes, from 0; "" for the last
const asked = signal(null); // of what the dialog asks where it goes
const found = signal(null); // {of, mark, scenes, …}: the storyboard of the film that the dialog shows
export const open = signal(0); // the scene whose fields are shown

/** Whether a scene can be made of it. */
export const isMaterial = (facts) => facts.kind === "picture" || facts.kind === "clip";

const films = () => [...items.value.values()].filter((each) => each.kind === "film");

/** Whether there is a film that it can be a scene of. */
export const canJoin = (facts) => isMaterial(facts) && films().length > 0;

const words = (scene, number) => `${number + 1}. ${scene.name ?? scene.image ?? `Scene ${number + 1}`}`;

/** Add an item to the film on the stage. */
export async function add(id, at) {
  if (await change({ add: id, at })) {
    open.value = at;
    tell(`${items.value.get(id)?.name ?? "It"} is scene ${at + 1} now.`);
  }
}

/** What receives cards: before a scene where the pointer is in its first half, else after it. */
export function receiving(number, isAcross) {
  return {
    onDragOver: allow,
    onDrop: (event) => {
      const facts = items.value.get(event.dataTransfer.getData(ITEM));
      if (!facts || !board.value) return;
      event.preventDefault();
      event.stopPropagation();
      if (!isMaterial(facts)) {
        tell(`${facts.name} is no picture and no clip: a scene is made of one of these.`, true);
        return;
      }
      const box = event.currentTarget.getBoundingClientRect();
      const share = isAcross ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height;
      add(facts.id, Math.min(number + (share < 0.5 ? 0 : 1), board.value.scenes.length));
    },
  };
}

function Where({ scenes }) {
  return html`<label>Where<select value=${place.value} onChange=${(event) => { place.value = event.currentTarget.value; }}>
    <option value="">at the end</option>
    ${scenes.map((scene, number) => html`<option key=${number} value=${String(number)}>before ${words(scene, number)}</option>`)}</select></label>`;
}

const placeAmong = (scenes) => (place.value === "" || Number(place.value) > scenes.length ? scenes.length : Number(place.value));

/** Below a storyboard. */
export function Adding() {
  const field = useRef(null);
  const { scenes, can_edit: can } = board.value;
  const [pictures, clips] = ["picture", "clip"].map((kind) => [...items.value.values()].filter((each) => each.kind === kind));
  const id = items.value.has(picked.value) ? picked.value : "";
  const send = (event) => {
    sendFiles(event.target.files, (facts) => {
      if (facts.kind === "picture") add(facts.id, placeAmong(board.value.scenes));
      else tell(`${facts.name} is no picture: a scene is made of one, or of a clip.`, true);
    });
    event.target.value = "";
  };
  const options = (all) => all.map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`);
  return html`<section class="adding fields" aria-label="Add a scene">
    <label>Add a scene of<select value=${id} onChange=${(event) => { picked.value = event.currentTarget.value; }}>
      <option value="">choose…</option>
      ${pictures.length > 0 && html`<optgroup label="Pictures">${options(pictures)}</optgroup>`}
      ${clips.length > 0 && html`<optgroup label="Clips">${options(clips)}</optgroup>`}</select></label>
    <${Where} scenes=${scenes} />
    <p class="soft for-desk">Or drag a card from the gallery onto a scene: it comes before or after.</p>
    <div class="choices">
      <button disabled=${!id || !can || changing.value} onClick=${() => add(id, placeAmong(scenes))}>Add the scene</button>
      <button class="plain" disabled=${!can || changing.value} onClick=${() => field.current.click()}>From a file…</button>
      <input type="file" hidden accept="image/*" aria-label="A picture for a scene" ref=${field} onChange=${send} />
    </div>
  </section>`;
}

/** Ask to which film an item is added, and where. */
export function askWhere(facts) {
  asked.value = { facts, film: (films().find((each) => each.id === chosen.value) ?? films()[0]).id };
}

async function look(film) {
  found.value = null;
  place.value = "";
  const seen = await get(`/api/items/${film}/storyboard`).catch(() => null);
  if (asked.value?.film === film) found.value = seen && { of: film, ...seen };
}

export function AddDialog() {
  const wanted = asked.value;
  useEffect(() => { if (wanted) look(wanted.film); }, [wanted?.film, wanted?.facts.id]);
  if (!wanted) return null;
  const close = () => { asked.value = null; };
  const there = found.value?.of === wanted.film ? found.value : null;
  const go = async (event) => {
    event.preventDefault();
    const at = placeAmong(there.scenes);
    changing.value = true;
    try {
      await send(wanted.film, there.mark, { add: wanted.facts.id, at });
    } catch { // it was told; what is there now is shown
      look(wanted.film);
      return;
    } finally {
      changing.value = false;
    }
    close();
    choose(wanted.film);
    panel.value = "film";
    room.value = "panel";
    open.value = at;
    tell(`${wanted.facts.name} is scene ${at + 1} of ${items.value.get(wanted.film)?.name ?? "the film"} now.`);
  };
  return html`<${Dialog} title="Add to film" close=${close}>
    <form class="add-to-film" onSubmit=${go}>
      <p>${wanted.facts.name} becomes a scene${wanted.facts.kind === "clip" ? ", with its picture and its look" : ""}.</p>
      <label>Film<select value=${wanted.film} onChange=${(event) => { asked.value = { ...wanted, film: event.currentTarget.value }; }}>
        ${films().map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`)}</select></label>
      ${there && html`<${Where} scenes=${there.scenes} />`}
      ${there && !there.can_edit && html`<p class="warn">Its storyboard is written in a way of its own: add the scene in an editor, storyboard.toml.</p>`}
      <div class="choices"><button type="button" onClick=${close}>Leave it</button>
        <button class="main" disabled=${!there?.can_edit || changing.value}>Add the scene</button></div>
    </form>
  </${Dialog}>`;
}
