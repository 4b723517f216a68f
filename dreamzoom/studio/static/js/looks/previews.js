// Previews: small moving pictures of the person's own picture in every look, as the studio makes them.
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { get, post } from "../api.js";
import { on } from "../events.js";
import { plan } from "../plan.js";
import { connected, item, items, jobs, tell } from "../state.js";

const NOTHING = { looks: [], own: [], surprises: [], palettes: [] };
export const catalogue = signal(NOTHING); // what looks and palettes there are
export const children = signal([]); // the latest children of two looks
export const frame = signal(null); // of a clip: the frame that previews are of; null for its first picture
const seen = signal(false); // whether the Look tab is open
const lookedAt = signal(false); // whether somebody has turned to the looks
const insists = signal(false); // whether previews were asked for though something is being dreamed
const set = signal(null); // {id, size, coming}: of the picture that is shown
const files = signal(new Set()); // of the set, those that are there
const atWork = signal(false); // whether more are on their way
const faults = signal({}); // look → why it could not be made

/** What previews are of: an item's id or a generated picture's name. */
const sitter = computed(() => plan.of.value ?? plan.picture.value ??
  (item.value?.kind === "picture" ? item.value.id : "clouds"));
export const sitterName = computed(() => {
  const facts = items.value.get(sitter.value);
  return facts ? facts.family ?? facts.name : sitter.value;
});

/** The picture itself, small: what a card shows until its look is there; "" where it is not at hand. */
export const ownPicture = computed(() => {
  const facts = items.value.get(sitter.value);
  if (!facts) return "";
  if (facts.kind === "picture") return `/api/items/${facts.id}/picture?width=256`;
  return facts.frames_done > 0 ? `/api/items/${facts.id}/frames/${Math.min(frame.value ?? 0, facts.frames_done - 1)}?width=256` : "";
});

const dreams = computed(() => jobs.value.some((job) => job.state === "running"));

/** Whether previews wait because a clip is being dreamed. */
export const waits = computed(() => dreams.value && !insists.value && !atWork.value && missing.value.length > 0);
export const isWorking = computed(() => atWork.value);
export const aspect = computed(() => (set.value ? `${set.value.size[0]} / ${set.value.size[1]}` : "16 / 9"));

const known = computed(() => {
  const { looks, own, surprises } = catalogue.value;
  return [...looks, ...own, ...surprises, ...children.value];
});
/** A look by its id. */
export const lookOf = (id) => known.value.find((look) => look.id === id);

const usable = (looks) => looks.filter((look) => !look.missing).map((look) => look.id);
const wanted = computed(() => {
  const { looks, own, surprises } = catalogue.value;
  return [...new Set(usable([...children.value, ...surprises.slice(0, 1), ...looks, ...own, ...surprises]))];
});
const missing = computed(() => wanted.value.filter((id) => !files.value.has(`${id}.webp`) && !faults.value[id]));

/** How many of the looks that come with dreamzoom are there: {made, all}. */
export const progress = computed(() => {
  const all = usable(catalogue.value.looks);
  return { made: all.filter((id) => files.value.has(`${id}.webp`)).length, all: all.length };
});

const addressOf = (file) => (set.value && files.value.has(file) ? `/api/previews/${set.value.id}/${file}` : "");
export const movingOf = (id) => addressOf(`${id}.webp`);
export const stillOf = (id) => addressOf(`${id}.jpg`);
export const swatchOf = (id, palette) => addressOf(`${id}.${palette}.jpg`);
export const faultOf = (id) => faults.value[id] ?? "";

/** The look that is chosen: its id here; that of a recipe is not its item's. */
export const chosenLook = computed(() => {
  const preset = plan.preset.value;
  if (!preset) return plan.of.value ? null : "bestiary";
  if (typeof preset === "string") return preset;
  return catalogue.value.own.find((look) => look.item === preset.item)?.id ?? null;
});
const gradedLook = computed(() => {
  const id = chosenLook.value ?? "bestiary";
  return lookOf(id)?.missing ? "bestiary" : id;
});
export const palettesLook = computed(() => {
  const first = catalogue.value.palettes[0]?.name;
  return swatchOf(gradedLook.value, first) ? gradedLook.value : "bestiary";
});

/** Read again what looks there are. */
export async function loadLooks() {
  catalogue.value = await get("/api/looks", { quiet: true });
}

/** Have previews made though something is being dreamed. */
export const insist = () => batch(() => { insists.value = true; lookedAt.value = true; });

/** Somebody has turned to the looks: from now on previews are made. */
export const beLookedAt = () => { lookedAt.value = true; };

/** The Look tab is open, or not. */
export const show = (open) => { seen.value = open; };

let asking = 0;
let asked = "";
const turns = signal(0); // how often this window came to the front

addEventListener("focus", () => { // another window may have asked for another picture's meanwhile
  if (atWork.value || !missing.value.length) return;
  asked = "";
  turns.value += 1;
});

/** Ask for what is missing: first the previews, then the palettes of the chosen look. */
async function ask(looks, palettes) {
  const mine = ++asking;
  const body = { picture: sitter.value, at: frame.value, looks, palettes };
  try {
    const told = await post("/api/looks", body, { quiet: true });
    if (mine !== asking) return;
    batch(() => {
      const isSame = set.value?.id === told.set;
      set.value = { id: told.set, size: told.size, coming: told.coming };
      files.value = new Set(isSame ? [...files.value, ...told.made] : told.made);
      if (!isSame) faults.value = {};
      atWork.value = told.coming.length > 0;
    });
  } catch {
    asked = ""; // the next change asks again
  }
}

let soon = 0;
effect(() => {
  const { looks, palettes } = catalogue.value;
  if (turns.value < 0 || !connected.value || !seen.value || !looks.length) return;
  const isNew = `${sitter.value} ${frame.value}`;
  const all = wanted.value;
  const mayWork = lookedAt.value && (!dreams.value || insists.value);
  const graded = gradedLook.value;
  const isGraded = palettes.every(({ name }) => files.value.has(`${graded}.${name}.jpg`));
  const busy = atWork.value;
  const left = missing.value.length;
  untracked(() => {
    clearTimeout(soon);
    soon = setTimeout(() => {
      const first = set.value === null || !asked.startsWith(`${isNew}|`);
      if (!mayWork && !first) return;
      const wants = !mayWork ? [] : first || left ? all : !isGraded && !busy ? [graded] : null;
      if (wants === null) return;
      const grades = mayWork && !first && !left;
      const now = `${isNew}|${wants.join()}|${grades}`;
      if (now === asked) return;
      asked = now;
      ask(wants, grades);
    }, 300);
  });
});

effect(() => { if (connected.value && seen.value) untracked(() => loadLooks().catch(() => {})); });
effect(() => { if (!connected.value) asked = ""; }); // another server may have come, which makes nothing yet
effect(() => { if (plan.of.value !== undefined) frame.value = null; });

on("preview", (facts) => {
  if (facts.set !== set.value?.id) return;
  batch(() => {
    if (facts.ended) {
      atWork.value = false;
      if (facts.fault) tell(facts.fault, true);
    }
    if (facts.fault && facts.look) faults.value = { ...faults.value, [facts.look]: facts.fault };
    const made = [facts.moving, facts.still].filter(Boolean);
    if (made.length) files.value = new Set([...files.value, ...made]);
  });
});
let reading = 0;
const again = ({ kind }) => {
  if (kind !== "recipe" || !seen.value) return;
  clearTimeout(reading);
  reading = setTimeout(() => loadLooks().catch(() => {}), 300);
};
on("item", again);
on("reset", () => { asked = ""; });
