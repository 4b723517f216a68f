// An item in the gallery: its picture, its name, how far it is.
import { Component } from "preact";
import { frameUrl } from "../api.js";
import { carry } from "../drags.js";
import { isMaterial } from "../film/adding.js";
import { html } from "../html.js";
import { icon } from "../icons.js";
import { duration, kindWords, stateWords } from "../words.js";
import { takeOf } from "./groups.js";
import { Menu } from "./menu.js";

const WIDTH = 192; // of the pictures that are asked for
const CALM = 2000; // milliseconds between two pictures of a clip that grows

/** Drawn again only where what it shows has changed: a folder may hold hundreds. */
export class Card extends Component {
  constructor(props) {
    super(props);
    this.state = { stamp: props.facts.frames_done, time: 0 };
  }

  static getDerivedStateFromProps({ facts }, { stamp, time }) {
    const now = performance.now();
    const isCalm = facts.state === "running" && stamp > 0 && now - time < CALM; // what has ended shows its end
    return facts.frames_done === stamp || isCalm ? null : { stamp: facts.frames_done, time: now };
  }

  shouldComponentUpdate(next) {
    return ["facts", "isChosen", "isTaken", "tabbable"].some((name) => next[name] !== this.props[name]);
  }

  render({ facts, isChosen, isTaken, tabbable, onChoose }, { stamp }) {
    const share = facts.frames_total ? facts.frames_done / facts.frames_total : 1;
    const runs = facts.state === "running";
    return html`<li class=${`card ${isTaken ? "is-take" : ""} ${isChosen ? "is-chosen" : ""}`} data-id=${facts.id}
      draggable=${isMaterial(facts)} onDragStart=${(event) => carry(event, facts.id)}>
      <button class="plain open" aria-current=${isChosen ? "true" : undefined} tabindex=${tabbable ? 0 : -1}
        onClick=${() => onChoose(facts.id)}>
        <${Face} facts=${facts} stamp=${stamp} />
        <span class="words">
          <span class="name">${facts.name}</span>
          <span class=${`line is-${facts.state ?? "whole"}`}>${runs && html`<span class="hidden">dreaming, </span>`}${line(facts)}</span>
          ${share < 1 && html`<span class=${`bar ${runs ? "is-running" : ""}`}><span style=${{ width: `${100 * share}%` }}></span></span>`}
        </span>
      </button>
      <${Menu} facts=${facts} tabbable=${tabbable} />
    </li>`;
  }
}

/** The frame that stands for it: the newest; of a finished film, whose end may be black, one amid its scenes. */
function frameOf({ kind, state, scenes }, stamp) {
  const scene = kind === "film" && state === "done" && scenes?.[scenes.length >> 1];
  return scene ? Math.min((scene.first + scene.stop) >> 1, stamp - 1) : stamp - 1;
}

function Face({ facts, stamp }) {
  const clip = facts.kind === "clip" || facts.kind === "film";
  if (clip ? stamp > 0 : facts.kind === "picture") {
    const address = clip ? frameUrl(facts.id, frameOf(facts, stamp), WIDTH) : `/api/items/${facts.id}/picture?width=${WIDTH}`;
    return html`<img class="face" alt="" draggable="false" loading="lazy" decoding="async" src=${address} />`;
  }
  return html`<span class="face is-icon">${icon(ICONS[facts.kind] ?? "film")}</span>`;
}

const ICONS = { song: "song", recipe: "recipe", film: "film", clip: "film", lyrics: "recipe", beats: "song", notes: "song", font: "font", storyboard: "recipe" };

/** What is known of it, in a line. */
function line(facts) {
  if (facts.kind === "clip" || facts.kind === "film") {
    const take = takeOf(facts);
    const which = take > 1 ? `Take ${take} · ` : facts.kind === "film" ? "Film · " : facts.is_loop ? "Loop · " : "";
    const lasts = duration(facts.frames_done / (facts.fps || 24));
    if (facts.state === "done") return which ? `${which}${lasts}` : `${lasts} · ${facts.frames_done} frames`;
    if (facts.state === "unexamined") return `${which}${lasts} · ${stateWords(facts)}`;
    const far = `${facts.frames_done} of ${facts.frames_total}`;
    const share = Math.floor((100 * facts.frames_done) / (facts.frames_total || 1)); // figures would be cut off before the time
    if (facts.state === "running") return facts.eta_seconds ? `${which}${share} % · ${duration(facts.eta_seconds)} left` : `${which}${far}`;
    return `${which}${stateWords(facts)}${facts.frames_total ? ` · ${far}` : ""}`;
  }
  if (facts.kind === "picture" && facts.size) return `Picture · ${facts.size[0]}×${facts.size[1]}`;
  if (facts.kind === "song" && facts.seconds) return `Song · ${duration(facts.seconds)}`;
  const word = kindWords(facts.kind);
  return word[0].toUpperCase() + word.slice(1);
}
