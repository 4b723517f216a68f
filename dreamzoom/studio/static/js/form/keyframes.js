// A value that goes by keyframes, within a row that the timeline draws no curve of: times, and what holds there.
import { html } from "../html.js";
import { Typed } from "../typed.js";
import { titleOf } from "./schema.js";

const OWN = ["ease", "repeat"]; // of the table as a whole
const held = (each) => (each && typeof each === "object" && !Array.isArray(each) && "value" in each ? each.value : each);

/** The first value of a table, which is held where it is to move no more. */
const firstOf = (table) => held(Object.entries(table).find(([time]) => !OWN.includes(time))?.[1]);

/** `Control` draws one value; it takes what every control takes. */
export function Keyframes({ of, id, form, raw, put, Control }) {
  const keys = Object.entries(raw).filter(([time]) => !OWN.includes(time));
  const rest = Object.fromEntries(Object.entries(raw).filter(([time]) => OWN.includes(time)));
  const set = (next) => put(next.length ? { ...Object.fromEntries(next), ...rest } : form.default);
  const at = (number, pair) => set(keys.map((each, place) => (place === number ? pair : each)));
  const next = () => {
    const last = keys.at(-1)?.[0] ?? "0s";
    const seconds = last.match(/^(\d+(?:\.\d+)?)s$/);
    let time = seconds ? `${Number(seconds[1]) + 4}s` : "4s";
    while (keys.some(([each]) => each === time)) time = `${parseFloat(time) + 4}s`;
    return time;
  };
  return html`<ol class="keyframes" aria-label=${`Keyframes of ${titleOf(of)}`}>
    ${keys.map(([time, value], number) => html`<li key=${number}>
      <${Typed} class="time" value=${time} aria-label=${`Time of keyframe ${number + 1}`} title="2s, 48, bar 9, chorus"
        put=${(text) => at(number, [text.trim(), value])} />
      <div class="control">${number > 0 && html`<label class="hidden" for=${`${id}-${number}`}>${`${titleOf(of)}, keyframe ${number + 1}`}</label>`}<${Control} of=${`${of}, keyframe ${number + 1}`} id=${number ? `${id}-${number}` : id} form=${form}
        raw=${held(value)} put=${(changed) => at(number, [time, held(value) === value ? changed : { ...value, value: changed }])} /></div>
      <button class="icon-only plain" aria-label=${`Take keyframe ${number + 1} out`} title="Take it out" onClick=${() => set(keys.filter((_, place) => place !== number))}>✕</button>
    </li>`)}
    <li class="choices"><button class="plain" onClick=${() => set([...keys, [next(), firstOf(raw)]])}>Another time</button>
      <button class="plain" onClick=${() => put(firstOf(raw))}>Hold it</button></li>
  </ol>`;
}
