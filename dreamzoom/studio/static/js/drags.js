// What is dragged within the page: an item of the folder, from the gallery or from among the pictures of a film.
export const ITEM = "text/x-dreamzoom-item";

/** Let an item go along with a drag. */
export function carry(event, id) {
  event.dataTransfer.setData(ITEM, id);
  event.dataTransfer.effectAllowed = "copyMove";
}

/** Let an item be dropped here. */
export function allow(event) {
  if (event.dataTransfer.types.includes(ITEM)) event.preventDefault();
}
