// The scenes of a film: as a strip to go to them, and each with what a person changes of it.
import { frameUrl } from "../api.js";
import { html } from "../html.js";
import { fps, item, items, playhead, seek } from "../state.js";
import { Typed } from "../typed.js";
import { Adding, open, receiving } from "./adding.js";
import { board, change, changing, foretold } from "./board.js";

const seconds = (frames) => `${(frames / fps.value).toFixed(1)} s`;

/** The scene that is shown at a frame. */
function sceneAt(scenes, frame) {
  return Math.max(0, scenes.findLastIndex((scene) => scene.first <= frame));
}

function done(scene) {
  const wanted = scene.stop - scene.first;
  return scene.frames_done >= wanted ? "done" : `${scene.frames_done} of ${wanted} frames`;
}

/** Pictures in a row, as wide as they last; a click goes there. */
export function Strip() {
  const facts = item.value;
  const scenes = facts.scenes ?? [];
  if (!scenes.length) return html`<p class="soft">Its scenes are known once it has begun.</p>`;
  const now = sceneAt(scenes, playhead.value);
  const move = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = scenes[now + step];
    if (!step || !next) return;
    event.preventDefault();
    event.stopPropagation();
    seek(next.first);
    event.currentTarget.children[now + step]?.querySelector("button").focus();
  };
  return html`<ol class="strip" aria-label="Scenes" onKeyDown=${move}>
    ${scenes.map((scene, number) => html`<li key=${scene.name} style=${{ flexGrow: scene.stop - scene.first }} ...${receiving(number, true)}>
      <button class="plain" aria-current=${number === now ? "true" : "false"} tabindex=${number === now ? 0 : -1}
        aria-label=${`Scene ${number + 1}, ${scene.name}, ${seconds(scene.stop - scene.first)}, ${done(scene)}`}
        onClick=${() => { seek(scene.first); open.value = number; }}>
        ${scene.frames_done > 0
          ? html`<img src=${frameUrl(facts.id, Math.min(scene.first + Math.floor(scene.frames_done / 2), scene.stop - 1), 160)} alt="" loading="lazy" />`
          : html`<span class="empty"></span>`}
        <span class="name">${scene.name}</span>
        <span class="soft">${seconds(scene.stop - scene.first)}</span>
        ${scene.frames_done < scene.stop - scene.first && html`<span class="soft">${done(scene)}</span>
          <progress max=${scene.stop - scene.first} value=${scene.frames_done} aria-hidden="true"></progress>`}
      </button></li>`)}
  </ol>`;
}

const SAID = { "": "as usual", cut: "Cut", dream: "Dream on into it", fade: "Fade", dissolve: "Dissolve", fadeblack: "Through black",
  fadewhite: "Through white", wipeleft: "Wipe left", wiperight: "Wipe right", slideleft: "Slide left", slideright: "Slide right",
  smoothup: "Smooth up", smoothdown: "Smooth down", circleopen: "Circle opens", circleclose: "Circle closes", radial: "Radial",
  pixelize: "Pixels", hblur: "Blur" };

/** What its look is called: a preset, or the clip whose look lies with the film. */
const lookOf = ({ preset }) => preset?.replace(/^.*[/\\]/, "").replace(/(-[0-9a-f]{8})?\.toml$/, "");

function Field({ words, name, scene, number, placeholder }) {
  const save = (typed) => {
    const text = typed.trim();
    if (text === String(scene[name] ?? "")) return;
    change({ scene: number, set: { [name]: text === "" ? null : /^\d+(\.\d+)?$/.test(text) ? Number(text) : text } });
  };
  const isSeconds = name !== "seed" && /^\d+(\.\d+)?$/.test(String(scene[name] ?? "")); // else it says itself what it counts
  return html`<label>${words}${isSeconds && ", in seconds"}<${Typed} value=${scene[name] ?? ""} placeholder=${placeholder} put=${save} /></label>`;
}

function Pick({ words, value, options, act }) {
  const known = options.some(([each]) => each === value) ? options : [[value, value], ...options];
  return html`<label>${words}<select value=${value} onChange=${(event) => act(event.currentTarget.value)}>
    ${known.map(([each, told]) => html`<option key=${each} value=${each}>${told}</option>`)}</select></label>`;
}

function Fields({ scene, number }) {
  const film = board.value;
  const pictures = [...items.value.values()].filter((each) => each.kind === "picture");
  const byTimes = film.has_song || film.scenes.some((each) => each.start !== null);
  const shown = scene.picture ?? (scene.image ? `named ${scene.image}` : "");
  const options = [["", number ? "none: the dream goes on" : "clouds"], ...pictures.map((each) => [each.id, each.name])];
  const own = scene.preset && !film.looks.includes(scene.preset) ? [[scene.preset, `its own: ${lookOf(scene)}`]] : [];
  if (shown && !scene.picture) options.push([shown, scene.image]);
  return html`<div class="fields">
    <${Pick} words="Picture" value=${shown} options=${options}
      act=${(picked) => change({ scene: number, set: { image: picked === "" ? null : { item: picked } } })} />
    <${Pick} words="Look" value=${scene.preset ?? ""} options=${[["", `the film's: ${film.preset}`], ...own, ...film.looks.map((name) => [name, name])]}
      act=${(picked) => change({ scene: number, set: { preset: picked || null } })} />
    ${byTimes && number > 0 && html`<${Field} words="Starts" name="start" scene=${scene} number=${number} placeholder="bar 9, 1:02.5" />`}
    <${Field} words="Lasts" name="length" scene=${scene} number=${number} placeholder=${byTimes ? "to the next" : "8 bars, 12.5"} />
    ${number > 0 && html`<${Pick} words="Begins with" value=${scene.transition ?? ""} options=${["", ...film.transitions].map((name) => [name, SAID[name] ?? name])}
      act=${(picked) => change({ scene: number, set: picked === "cut" ? { transition: picked, over: null } : { transition: picked || null } })} />
    <${Field} words="Over" name="over" scene=${scene} number=${number} placeholder="1s, 2 beats" />`}
    <${Field} words="Seed" name="seed" scene=${scene} number=${number} placeholder="the film's" />
  </div>`;
}

/** The picture that a scene begins with; "" where the page has none of it. */
function faceOf(scene, number) {
  if (scene.picture) return `/api/items/${scene.picture}/picture?width=160`;
  return scene.has_own_picture ? `/api/items/${board.value.of}/storyboard/scenes/${number}/picture?${encodeURIComponent(scene.image)}` : "";
}

function Row({ scene, number, count }) {
  const isOpen = open.value === number;
  const words = scene.name ?? scene.image ?? `Scene ${number + 1}`;
  const to = (place) => { change({ scene: number, move: place }).then((moved) => { if (moved) open.value = place; }); };
  const dragged = (event) => { event.dataTransfer.setData("text/x-scene", String(number)); event.dataTransfer.effectAllowed = "move"; };
  const cards = receiving(number, false);
  const over = (event) => {
    if (event.dataTransfer.types.includes("text/x-scene")) event.preventDefault();
    else cards.onDragOver(event);
  };
  const dropped = (event) => {
    const from = event.dataTransfer.getData("text/x-scene");
    if (from === "") {
      cards.onDrop(event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (Number(from) !== number) change({ scene: Number(from), move: number });
  };
  const editable = board.value.can_edit && !changing.value;
  const told = foretold.value?.of === board.value.of && foretold.value.mark === board.value.mark ? foretold.value : null;
  const fate = told?.scenes?.[number];
  const frames = fate ? fate.stop - fate.first - fate.kept : 0;
  const wrong = (told?.faults ?? []).filter((fault) => fault.scene === number);
  return html`<li class=${isOpen ? "open" : ""} draggable=${editable} onDragStart=${dragged} onDragOver=${over} onDrop=${dropped}>
    <div class="head">
      <button class="plain pick" aria-expanded=${isOpen} onClick=${() => { open.value = isOpen ? -1 : number; }}>
        ${faceOf(scene, number) ? html`<img src=${faceOf(scene, number)} alt="" width="48" height="27" />` : html`<span class="empty"></span>`}
        <span><strong>${number + 1}. ${words}</strong><span class="soft">${[scene.image, lookOf(scene)].filter(Boolean).join(", ")}</span></span>
      </button>
      <button class="plain icon-only" aria-label=${`Scene ${number + 1} earlier`} disabled=${!editable || number === 0} onClick=${() => to(number - 1)}>↑</button>
      <button class="plain icon-only" aria-label=${`Scene ${number + 1} later`} disabled=${!editable || number === count - 1} onClick=${() => to(number + 1)}>↓</button>
    </div>
    ${frames > 0 && html`<p class="fate warn">${fate.kept ? `${frames} frames to dream, from its frame ${fate.kept} on` : `${frames} frames to dream`}${fate.why && `: it differs in ${fate.why}`}</p>`}
    ${wrong.map((fault) => html`<p class="fate bad" role="alert" key=${fault.words}>${fault.line ? `Line ${fault.line}: ` : ""}${fault.words}</p>`)}
    ${isOpen && html`<${Fields} scene=${scene} number=${number} />
      <div class="choices"><button class="plain" disabled=${!editable} onClick=${() => change({ scene: number, double: true }).then((done) => { if (done) open.value = number + 1; })}>Once more</button>
        <button class="plain" disabled=${!editable || count < 2} onClick=${() => change({ scene: number, remove: true })}>Take this scene out</button></div>`}
  </li>`;
}

/** The storyboard's scenes, in order; drag, or move by the arrows. */
export function Scenes() {
  const { scenes, faults: seen, can_edit: can, of, mark } = board.value;
  const later = foretold.value?.of === of && foretold.value.mark === mark ? foretold.value.faults : [];
  const faults = seen.length ? seen : later.filter((fault) => !(fault.scene in scenes));
  return html`<ol class="scenes" aria-label="Storyboard">${scenes.map((scene, number) => html`<${Row} key=${number} scene=${scene} number=${number} count=${scenes.length} />`)}</ol>
    ${can && html`<${Adding} />`}
    ${!can && scenes.length > 0 && html`<p class="soft">This storyboard is written in a way of its own: it is changed in an editor, storyboard.toml.</p>`}
    ${faults.length > 0 && html`<div role="alert"><h3>To be mended in storyboard.toml</h3><ul class="faultlist">${faults.map((fault) => html`<li class="warn" key=${fault.words}>
      ${fault.line ? `Line ${fault.line}: ` : ""}${fault.words}</li>`)}</ul></div>`}`;
}
