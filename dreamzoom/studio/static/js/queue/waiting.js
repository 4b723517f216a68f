// What waits, in its order: dragged by its handle, or moved with Alt and the arrow keys.
import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "../api.js";
import { html } from "../html.js";
import { icon } from "../icons.js";
import { remove, Title } from "../queue.js";
import { keepQueue } from "../state.js";

export function Waiting({ waiting }) {
  const list = useRef(null);
  const [drag, setDrag] = useState(null); // {id, place}: where it would be put down now
  const [said, setSaid] = useState("");
  const [focused, setFocused] = useState(null); // whose handle has the focus again once the list is drawn
  useEffect(() => {
    if (focused) list.current?.querySelector(`[data-job="${focused}"] .handle`)?.focus();
  }, [waiting, focused]);

  const shown = drag ? inOrder(waiting, drag) : waiting;
  const put = async (job, place) => {
    const others = waiting.filter((each) => each.id !== job.id);
    const to = Math.min(Math.max(0, place), others.length);
    setSaid(`${job.title}: ${to + 1} of ${waiting.length}`);
    keepQueue(await post(`/api/queue/${job.id}/move`, { before: others[to]?.id ?? null }));
  };
  const onKeyDown = (event, job, place) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !step) return;
    event.preventDefault();
    event.stopPropagation();
    if (place + step < 0 || place + step >= waiting.length) return;
    setFocused(job.id);
    put(job, place + step);
  };
  const grab = (event, job, place) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.target.setPointerCapture(event.pointerId);
    event.currentTarget.focus();
    setDrag({ id: job.id, place });
  };
  const pull = (event) => drag && setDrag({ ...drag, place: placeAt(list.current, drag.id, event.clientY) });
  const drop = async (event, job) => {
    if (!drag) return;
    const place = placeAt(list.current, drag.id, event.clientY);
    if (waiting.findIndex((each) => each.id === job.id) !== place) await put(job, place).catch(() => {});
    setDrag(null);
  };
  return html`<section aria-label="Waiting">
    <div class="queue-head"><h3>Waiting</h3></div>
    <p class="hidden" id="queue-how">Alt with the arrow keys up and down moves it.</p>
    <ol ref=${list}>${shown.map((job, place) => html`<li key=${job.id} data-job=${job.id}
        class=${`job waiting ${drag?.id === job.id ? "is-dragged" : ""}`} onKeyDown=${(event) => onKeyDown(event, job, place)}>
      <button class="plain icon-only handle" aria-label=${`Move ${job.title}, ${place + 1} of ${shown.length}`}
        aria-describedby="queue-how" title="Drag it, or Alt with ↑ ↓"
        onPointerDown=${(event) => grab(event, job, place)} onPointerMove=${pull}
        onPointerUp=${(event) => drop(event, job)} onPointerCancel=${() => setDrag(null)}>${icon("grip")}</button>
      <span class="what"><${Title} job=${job} />${job.waits && html`<span class="soft">${job.waits}</span>`}</span>
      <button class="plain icon-only" aria-label=${`Remove from the list: ${job.title}`} title="Remove from the list"
        onClick=${() => remove(job)}>${icon("close")}</button>
    </li>`)}</ol>
    <p class="hidden" aria-live="polite">${said}</p>
  </section>`;
}

function inOrder(waiting, { id, place }) {
  const others = waiting.filter((job) => job.id !== id);
  const dragged = waiting.find((job) => job.id === id);
  return dragged ? [...others.slice(0, place), dragged, ...others.slice(place)] : waiting;
}

/** The place of a row that is held at a height: after all others whose middle is above. */
function placeAt(list, id, y) {
  const others = [...list.children].filter((row) => row.dataset.job !== id);
  return others.filter((row) => {
    const box = row.getBoundingClientRect();
    return box.top + box.height / 2 < y;
  }).length;
}
