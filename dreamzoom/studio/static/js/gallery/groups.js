// The gallery in order: dreams with their takes, then what they are made of, then what was made of them.
import { computed, signal } from "@preact/signals";
import { items } from "../state.js";

export const search = signal("");
export const sorting = signal("newest"); // or "name", "longest"
export const shown = signal("all"); // or a kind: clip, film, picture, song, other
export const closed = signal(new Set()); // headings that are folded

const HEADINGS = [
  ["dreams", "Clips and films"],
  ["material", "Material"],
  ["dreamed", "Dreamed from the inbox"],
  ["delivered", "Delivered"],
];

const KINDS = ["clip", "film", "picture", "song"];
const TAKE = /^(.+)-take-(\d+)$/;

/** What a clip is a take of. */
const familyOf = (facts) => facts.family ?? TAKE.exec(facts.name)?.[1] ?? facts.name;
export const takeOf = (facts) => facts.take ?? Number(TAKE.exec(facts.name)?.[2] ?? 1);

function headingOf(facts) {
  if (facts.place && facts.place.startsWith("delivered")) return "delivered";
  if (facts.place && facts.place.startsWith("dreamed")) return "dreamed";
  if (facts.kind === "clip" || facts.kind === "film") return "dreams";
  if (facts.kind === "dreamed" || facts.kind === "delivered") return facts.kind;
  return facts.kind === "video" || facts.kind === "file" ? "delivered" : "material";
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
const works = (facts) => facts.state === "running";
const longest = (group) => Math.max(...group.items.map((facts) => facts.seconds ?? (facts.frames_total ?? 0) / (facts.fps || 24)));
const newest = (group) => Math.max(...group.items.map((facts) => facts.begun ?? facts.changed ?? 0));

/** Groups of a heading: an item alone, or a family of takes, the first one first. */
function group(found) {
  const families = new Map();
  for (const facts of found) {
    const name = facts.kind === "clip" ? familyOf(facts) : `${facts.kind} ${facts.id}`;
    if (!families.has(name)) families.set(name, { key: name, items: [] });
    families.get(name).items.push(facts);
  }
  const groups = [...families.values()];
  for (const each of groups) each.items.sort((one, other) => takeOf(one) - takeOf(other) || byName(one.name, other.name));
  const names = (one, other) => byName(one.items[0].name, other.items[0].name);
  const busy = (each) => Number(each.items.some(works));
  if (sorting.value === "name") return groups.sort(names);
  if (sorting.value === "longest") return groups.sort((one, other) => longest(other) - longest(one) || names(one, other));
  return groups.sort((one, other) => {
    if (busy(one) !== busy(other)) return busy(other) - busy(one);
    return busy(one) ? names(one, other) : newest(other) - newest(one) || names(one, other);
  });
}

/** What the gallery shows: [{id, words, count, groups}]. */
export const sections = computed(() => {
  const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...items.value.values()].filter((facts) => {
    const kind = KINDS.includes(facts.kind) ? facts.kind : "other";
    if (shown.value !== "all" && shown.value !== kind) return false;
    const more = `${facts.image ?? ""} ${facts.song ?? ""} ${facts.is_loop ? "loop" : ""} ${facts.size?.join("x") ?? ""}`;
    const text = `${facts.name} ${facts.kind} ${facts.state ?? ""} ${more}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return HEADINGS.map(([id, heading]) => {
    const inside = found.filter((facts) => headingOf(facts) === id);
    return { id, words: heading, count: inside.length, groups: group(inside) };
  }).filter((section) => section.count);
});

/** The items in the order in which they stand, without those that are folded away. */
export const order = computed(() => sections.value
  .filter((section) => !closed.value.has(section.id))
  .flatMap((section) => section.groups.flatMap((each) => each.items)));
