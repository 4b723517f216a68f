// A key that holds rows, each with keys of its own: goals, regions, pictures that dissolve into the dream.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { items, tell } from "../state.js";
import { controlOf } from "./controls.js";
import { Keyframes } from "./keyframes.js";
import { isSame, isTable, rawWords, titleOf, unitWords } from "./schema.js";
import { Json } from "./texts.js";

// What is seen of a row that says nothing yet; else what it says.
const FIRST = {
  "dream.goal": ["layer", "class", "weight"], "dream.region": ["mask", "text", "there", "layer", "class", "palette"],
};
const listOf = (raw) => (Array.isArray(raw) ? raw : raw && typeof raw === "object" ? [raw] : []);

/** Rows without what is as it would be anyway, their keys in the schema's order; strange keys stay, to be refused. */
export function tidy(raw, keys) {
  return listOf(raw).map((row) => {
    const names = [...Object.keys(keys).filter((name) => name in row), ...Object.keys(row).filter((name) => !(name in keys))];
    const told = names.map((name) => [name, keys[name]?.kind === "rows" ? tidy(row[name], keys[name].keys) : row[name]]);
    return Object.fromEntries(told.filter(([name, value]) => !(name in keys && isSame(value, keys[name].default))));
  });
}

/** What is wrong, as the studio tells it of all rows, by the number of the row; what is of none by 0. */
function faultsByRow(fault) {
  const found = {};
  let last = null;
  for (const part of (fault ?? "").split("; ").filter(Boolean)) {
    const told = part.match(/^[a-z]+ (\d+)(?:: (\w+)(?=: ))?:? (.*)$/s);
    if (told) last = { number: Number(told[1]), key: told[2] ?? "", words: told[3].replace(/^: /, "") };
    else if (last) { last.words += `; ${part}`; continue; }
    else last = { number: 0, key: "", words: part };
    (found[last.number] ??= []).push(last);
  }
  return found;
}

function valueWords(name, raw) {
  if (Array.isArray(raw) && raw.length && raw.every(isTable)) return `${name} of ${raw.length}`;
  const file = items.value.get(raw?.item)?.name;
  return `${name.replaceAll("_", " ")} ${file ?? rawWords(raw, name === "class" ? "dream.class" : "")}`;
}

/** A field of a row. */
function Part({ of, name, form, row, put, fault, where, hasHelp }) {
  const id = `${where}-${name}`;
  const raw = row[name] ?? form.default;
  const isSet = name in row;
  const called = `${titleOf(of)}, ${name}`;
  const Control = controlOf(form);
  const frames = isTable(raw) && form.kind !== "rows" && form.kind !== "files";
  const moves = form.moves && !frames && (form.kind === "number" || form.fades);
  const props = { of: called, id, form, raw, put, fault };
  return html`<div class=${`field ${isSet ? "is-set" : ""} ${form.kind === "rows" || frames ? "is-wide" : ""}`}>
    <label for=${id} title=${form.help}>${titleOf(name)}${form.unit && html` <small class="soft">${unitWords(form.unit)}</small>`}</label>
    <span class="aside">
      ${moves && html`<button class="icon-only plain" aria-label=${`Let ${called} change over time`} title="Let it change over time"
        onClick=${() => put({ "0s": raw, "4s": raw })}>◇</button>`}
      ${isSet && html`<button class="icon-only plain" aria-label=${`${called}: as usual`} title="As usual" onClick=${() => put(undefined)}>↺</button>`}
    </span>
    <div class="control">${form.kind === "rows" ? html`<${Rows} ...${props} of=${name} />`
      : frames ? html`<${Keyframes} ...${props} Control=${Control} />` : html`<${Control} ...${props} />`}</div>
    ${fault && form.kind !== "rows" && html`<p class="bad" id=${`${id}-fault`} role="alert">${fault}</p>`}
    ${hasHelp && html`<p class="soft help-line">${form.help}</p>`}
  </div>`;
}

function Row({ of, number, count, row, form, faults, where, isOpen, open, act }) {
  const [touched, touch] = useState([]);
  const [hasMore, more] = useState(false);
  const names = Object.keys(form.keys);
  const first = FIRST[of] ?? (form.row === "goal" ? FIRST["dream.goal"] : names.slice(0, 3));
  const isShown = (name) => hasMore || name in row || touched.includes(name) || (!Object.keys(row).length && first.includes(name));
  const rest = names.filter((name) => !isShown(name)).length;
  const set = (name) => (value) => {
    touch([...new Set([...touched, ...names.filter(isShown)])]); // nothing goes away below the hand
    const { [name]: _, ...others } = row;
    act.change(value === undefined ? others : { ...others, [name]: value });
  };
  const said = Object.entries(row).slice(0, 3).map(([name, raw]) => valueWords(name, raw)).join(", ");
  const called = `${form.row[0].toUpperCase()}${form.row.slice(1)} ${number + 1}`;
  const own = faults.filter(({ key }) => !(key in form.keys));
  return html`<li class=${isOpen ? "open" : ""}>
    <div class="head">
      <button class="plain pick" aria-expanded=${isOpen} onClick=${open}><span aria-hidden="true">${isOpen ? "▾" : "▸"} </span>
        <strong>${called}</strong>${" "}<span class=${faults.length ? "bad" : "soft"}>${said || "says nothing yet"}</span></button>
      <button class="plain icon-only" aria-label=${`${called} earlier`} disabled=${number === 0} onClick=${() => act.move(-1)}>↑</button>
      <button class="plain icon-only" aria-label=${`${called} later`} disabled=${number === count - 1} onClick=${() => act.move(1)}>↓</button>
      <button class="plain icon-only" aria-label=${`Take ${called} out`} title="Take it out" onClick=${act.remove}>✕</button>
    </div>
    ${own.map(({ words }) => html`<p class="bad" role="alert" key=${words}>${words}</p>`)}
    ${isOpen && html`<div class="row-fields">
      ${names.filter(isShown).map((name) => html`<${Part} key=${name} of=${called} name=${name} form=${form.keys[name]} row=${row} put=${set(name)}
        where=${`${where}-${number}`} hasHelp=${hasMore} fault=${faults.filter(({ key }) => key === name).map(({ words }) => words).join("; ")} />`)}
      ${(rest > 0 || hasMore) && html`<button class="plain more" aria-expanded=${hasMore} onClick=${() => { touch([]); more(!hasMore); }}>
        ${hasMore ? "Only what is set" : `More: ${rest} settings`}</button>`}
    </div>`}
  </li>`;
}

/** All rows, in their order; `put` takes the whole list. */
export function Rows({ of, id, form, raw, put, fault }) {
  const rows = tidy(raw, form.keys);
  const [open, setOpen] = useState(null);
  const faults = faultsByRow(fault);
  const change = (next) => put(tidy(next, form.keys));
  const actOn = (number) => ({
    change: (row) => change(rows.map((each, place) => (place === number ? row : each))),
    remove: () => {
      change(rows.filter((_, place) => place !== number));
      setOpen(null);
      tell(`The ${form.row} is taken out.`, false, () => put(rows));
    },
    move: (step) => {
      const next = [...rows];
      next.splice(number + step, 0, ...next.splice(number, 1));
      change(next);
      if (open !== null) setOpen(open === number ? number + step : open === number + step ? number : open);
    },
  });
  const add = () => {
    setOpen(rows.length);
    change([...rows, {}]);
  };
  return html`<div class="rows">
    ${(faults[0] ?? []).map(({ words }) => html`<p class="bad" role="alert" key=${words}>${words}</p>`)}
    ${rows.length > 0 && html`<ol>${rows.map((row, number) => html`<${Row} key=${number} of=${of} number=${number} count=${rows.length} row=${row}
      form=${form} faults=${faults[number + 1] ?? []} where=${id} isOpen=${open === number} open=${() => setOpen(open === number ? null : number)}
      act=${actOn(number)} />`)}</ol>`}
    <button id=${id} class="plain add" aria-label=${`Add a ${form.row}`} disabled=${rows.length >= form.most} onClick=${add}>+ Add a ${form.row}</button>
    ${rows.length > 0 && html`<${AsText} id=${`${id}-text`} form=${form} rows=${rows} put=${put} />`}
  </div>`;
}

function AsText({ id, form, rows, put }) {
  const [open, setOpen] = useState(false);
  return html`<details open=${open} onToggle=${(event) => setOpen(event.target.open)}><summary>As text</summary>
    ${open && html`<label class="hidden" for=${id}>As JSON</label><${Json} id=${id} form=${form} raw=${rows} put=${put} />`}</details>`;
}
