// The buttons and the figures below the picture.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { icon } from "../icons.js";
import { follows, fps, item, lastFrame, marks, playhead, repeats, seek, speed } from "../state.js";
import { clock, readClock } from "../words.js";
import { muted, toggle, volume } from "./clock.js";
import { clearMarks, goLive, mark, step } from "./controls.js";
import { exact } from "./show.js";
import { Scrubber } from "./scrubber.js";
import { canBeWhole, wholeScreen } from "./whole.js";

export function Transport() {
  const facts = item.value;
  const grows = facts.state === "running" || facts.state === "waiting";
  return html`<div class="transport" role="group" aria-label="Play">
    <${Scrubber} />
    <div class="row">
      <div class="figures">
        <${Field} label="Seconds" shown=${clock(playhead.value, fps.value)} read=${(text) => readClock(text, fps.value)} />
        <${Field} label="Frame" shown=${String(playhead.value)} read=${(text) => Number.parseInt(text, 10)} />
        <span class="soft of">of ${facts.frames_total || facts.frames_done} frames</span>
      </div>
      <div class="buttons">
        <${Button} of="first" words="First frame (Home)" act=${() => { speed.value = 0; seek(0); }} class="wide-only" />
        <${Button} of="back" words="One frame back (,)" act=${() => step(-1)} />
        <${Button} of=${speed.value === 0 ? "play" : "pause"} words=${speed.value === 0 ? "Play (Space)" : "Stand still (Space)"}
          act=${toggle} class="big" />
        <${Button} of="on" words="One frame on (.)" act=${() => step(1)} />
        <${Button} of="last" words="Last frame (End)" act=${() => { speed.value = 0; seek(lastFrame.value); }} class="wide-only" />
      </div>
      <div class="extras">
        ${Math.abs(speed.value) > 1 || speed.value < 0 ? html`<span class="chip">${speedWords(speed.value)}</span>` : null}
        ${(grows || !follows.value) && grows && html`<button class=${`plain live ${follows.value ? "is-on" : ""}`}
          aria-pressed=${follows.value} title="The newest frame, as it comes (0)" onClick=${goLive}>Live</button>`}
        <span class="points wide-only">
          <button class="plain point" aria-pressed=${marks.value.from !== null} title="Play begins here (I)"
            onClick=${() => mark("from")}>In</button>
          <button class="plain point" aria-pressed=${marks.value.to !== null} title="Play ends here (O)"
            onClick=${() => mark("to")}>Out</button>
          ${(marks.value.from !== null || marks.value.to !== null) && html`<${Button} of="close"
            words="Play all of it" act=${clearMarks} />`}
        </span>
        <${Button} of="repeat" words="Repeat (R)" pressed=${repeats.value} act=${() => { repeats.value = !repeats.value; }} />
        ${facts.has_song && html`<${Sound} />`}
        <button class="plain point wide-only" aria-pressed=${exact.value} title="True pixels (1)"
          onClick=${() => { exact.value = !exact.value; }}>1:1</button>
        ${canBeWhole() && html`<${Button} of="whole" words="Whole screen (F)" act=${wholeScreen} />`}
      </div>
    </div>
  </div>`;
}

const speedWords = (value) => `${value < 0 ? "◀ " : ""}${Math.abs(value)}×`;

function Button({ of, words, act, pressed, class: name = "" }) {
  return html`<button class=${`plain icon-only ${name}`} aria-label=${words} title=${words} aria-pressed=${pressed}
    onClick=${act}>${icon(of)}</button>`;
}

/** A figure that may be typed over: Enter goes there, Escape leaves it. */
function Field({ label, shown, read }) {
  const [typed, setTyped] = useState(null);
  const leave = () => setTyped(null);
  const go = (event) => {
    if (event.key === "Enter") {
      const frame = read(event.target.value);
      if (Number.isFinite(frame)) {
        speed.value = 0;
        seek(frame);
      }
      event.target.blur();
    } else if (event.key === "Escape") event.target.blur();
  };
  return html`<input class=${`figure ${label.toLowerCase()}`} aria-label=${label} title=${label} inputmode="decimal"
    autocomplete="off" value=${typed ?? shown} onFocus=${(event) => { setTyped(shown); event.target.select(); }}
    onInput=${(event) => setTyped(event.target.value)} onBlur=${leave} onKeyDown=${go} />`;
}

function Sound() {
  const words = muted.value ? "Sound on (M)" : "Sound off (M)";
  return html`<span class="sound">
    <${Button} of=${muted.value ? "quiet" : "loud"} words=${words} act=${() => { muted.value = !muted.value; }} />
    <input class="wide-only" type="range" min="0" max="1" step="0.05" aria-label="Volume" value=${volume.value}
      onInput=${(event) => { volume.value = Number(event.target.value); muted.value = false; }} />
  </span>`;
}
