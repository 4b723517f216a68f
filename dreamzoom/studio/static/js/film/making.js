// A film made of pictures and a song: which, in which order, how large; a draft first.
import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { post } from "../api.js";
import { allow, carry, ITEM } from "../drags.js";
import { sendFiles } from "../drop.js";
import { html } from "../html.js";
import { choose, items, tell } from "../state.js";

const picked = signal([]); // ids of pictures, in order
const wish = signal({ song: null, name: "", size: "1280x720", fps: 24, draft: true });

/** The song that is chosen; the only one there is where nothing was said. */
const songOf = () => wish.value.song ?? (songs().length === 1 ? songs()[0].id : "");

const set = (changes) => { wish.value = { ...wish.value, ...changes }; };
const pictures = () => [...items.value.values()].filter((each) => each.kind === "picture");
const songs = () => [...items.value.values()].filter((each) => each.kind === "song");

function toggle(id) {
  picked.value = picked.value.includes(id) ? picked.value.filter((each) => each !== id) : [...picked.value, id];
}

/** Put a picture before another, or at the end. */
function put(id, before) {
  const rest = picked.value.filter((each) => each !== id);
  const place = before === null ? rest.length : rest.indexOf(before);
  rest.splice(place < 0 ? rest.length : place, 0, id);
  picked.value = rest;
}

function dropped(event, before) {
  const id = event.dataTransfer.getData(ITEM);
  const facts = items.value.get(id);
  if (!facts) return; // a file of the person's own: it is received as everywhere
  event.preventDefault();
  event.stopPropagation();
  if (facts.kind === "picture") put(id, before);
  else if (facts.kind === "song") set({ song: id });
}

function Picked({ id, number }) {
  const facts = items.value.get(id);
  const keys = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") toggle(id);
    else if (step) {
      const next = [...picked.value];
      const to = Math.min(next.length - 1, Math.max(0, number + step));
      next.splice(number, 1);
      next.splice(to, 0, id);
      picked.value = next;
      requestAnimationFrame(() => document.getElementById(`picked-${id}`)?.focus());
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<li draggable="true" onDragStart=${(event) => carry(event, id)} onDragOver=${allow} onDrop=${(event) => dropped(event, id)}>
    <button class="plain" id=${`picked-${id}`} onKeyDown=${keys} onClick=${() => toggle(id)} title="Arrow keys move it, a click takes it out"
      aria-label=${`${number + 1}. ${facts.name}. Arrow keys move it, Enter takes it out.`}>
      <img src=${`/api/items/${id}/picture?width=160`} alt="" /><span>${number + 1}</span></button></li>`;
}

async function make() {
  const made = await post("/api/films", { ...wish.value, song: songOf() || null, pictures: picked.value });
  tell(`${made.name} is in the queue.`);
  choose(made.item);
}

/** Pictures and a song that are not in the folder yet: each becomes part of the film. */
function FromFiles() {
  const field = useRef(null);
  const use = (facts) => {
    if (facts.kind === "picture") put(facts.id, null);
    else if (facts.kind === "song") set({ song: facts.id });
    else tell(`${facts.name} is no picture and no song: a film is made of these.`, true);
  };
  const send = (event) => {
    sendFiles(event.target.files, use);
    event.target.value = "";
  };
  return html`<div><button onClick=${() => field.current.click()}>Add pictures or a song…</button>
    <input ref=${field} type="file" hidden multiple accept="image/*,audio/*" aria-label="Pictures or a song of the film" onChange=${send} /></div>`;
}

const SIZES = [["640x360", "640×360"], ["1280x720", "1280×720, HD"], ["1920x1080", "1920×1080, Full HD"], ["1080x1920", "1080×1920, upright"], ["1080x1080", "1080×1080, square"]];

export function Making() {
  const chosenPictures = picked.value.filter((id) => items.value.get(id)?.kind === "picture");
  const rest = pictures().filter((each) => !chosenPictures.includes(each.id));
  const { name, size, fps, draft } = wish.value;
  return html`<section class="making" aria-label="Make a film" onDragOver=${allow} onDrop=${(event) => dropped(event, null)}>
    <h2>Make a film</h2>
    <p class="soft">Pictures in the order in which they come, and a song: scenes, looks and cuts follow the music. All can be changed afterwards.</p>
    <ol class="picked" aria-label="Pictures of the film">${chosenPictures.map((id, number) => html`<${Picked} key=${id} id=${id} number=${number} />`)}
      ${chosenPictures.length === 0 && html`<li class="soft empty-words">${rest.length ? html`Choose them below<span class="for-desk">, or drag them here</span>.` : "No picture is here yet."}</li>`}</ol>
    ${rest.length > 0 && html`<ul class="rest" aria-label="Pictures in the folder">${rest.map((each) => html`<li key=${each.id} draggable="true"
      onDragStart=${(event) => carry(event, each.id)}>
      <button class="plain" aria-label=${`Add ${each.name}`} title=${each.name} onClick=${() => toggle(each.id)}>
        <img src=${`/api/items/${each.id}/picture?width=160`} alt="" loading="lazy" /></button></li>`)}</ul>`}
    <${FromFiles} />
    <div class="options">
      <label>Song<select value=${songOf()} onChange=${(event) => set({ song: event.currentTarget.value })}>
        <option value="">none</option>${songs().map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`)}</select></label>
      <label>Size<select value=${size} onChange=${(event) => set({ size: event.currentTarget.value })}>
        ${SIZES.map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}</select></label>
      <label>Frames a second<select value=${String(fps)} onChange=${(event) => set({ fps: Number(event.currentTarget.value) })}>
        ${[12, 24, 25, 30, 60].map((rate) => html`<option key=${rate} value=${String(rate)}>${rate}</option>`)}</select></label>
      <label>Name<input value=${name} placeholder="the song's" maxlength="60" onInput=${(event) => set({ name: event.currentTarget.value })} /></label>
      <label class="check"><input type="checkbox" checked=${draft} onChange=${(event) => set({ draft: event.currentTarget.checked })} />
        A draft first: small, and at a third of the frames</label>
    </div>
    <button class="main" disabled=${chosenPictures.length === 0} onClick=${() => make().catch(() => {})}>${draft ? "Make a draft" : "Make the film"}</button>
  </section>`;
}
