// Decoded pictures of the frames that a person is likely to see next: bounded, and decoded off the main thread.

const LIMIT = 256e6; // bytes of decoded pictures
const AT_ONCE = 5; // requests of frames that are loaded ahead: a browser allows six to a server

const kept = new Map(); // address → ImageBitmap, the longest unused first
const coming = new Map(); // address → promise
let bytes = 0;

const size = (bitmap) => bitmap.width * bitmap.height * 4;

/** The picture of an address, if it is there already. */
export function at(address) {
  const bitmap = kept.get(address);
  if (bitmap) {
    kept.delete(address);
    kept.set(address, bitmap);
  }
  return bitmap ?? null;
}

export const isComing = (address) => coming.has(address);

/** The picture of an address. Throws where there is none: a TypeError where nobody answers. */
export function load(address) {
  const there = at(address);
  if (there) return Promise.resolve(there);
  if (!coming.has(address)) coming.set(address, fetchPicture(address).finally(() => coming.delete(address)));
  return coming.get(address);
}

/** Begin to load pictures, in this order, as far as there is room on the line; how many have begun. */
export function loadAhead(addresses, loaded = () => {}) {
  let begun = 0;
  for (const address of addresses) {
    if (coming.size >= AT_ONCE) break;
    if (kept.has(address) || coming.has(address)) continue;
    begun += 1;
    load(address).then(loaded, () => {});
  }
  return begun;
}

/** Forget the pictures of an item: it was taken away, or made anew. One that is shown stays as long as it is. */
export function forget(id) {
  for (const [address, bitmap] of kept) {
    if (!address.includes(id)) continue;
    kept.delete(address);
    bytes -= size(bitmap);
  }
}

/** How many pictures of these bytes each may be kept. */
export const room = (width, height) => Math.max(8, Math.floor(LIMIT / (width * height * 4)) - 4);

async function fetchPicture(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`the studio answered ${answer.status}`);
  const bitmap = await createImageBitmap(await answer.blob());
  kept.set(address, bitmap);
  bytes += size(bitmap);
  for (const [oldest, picture] of kept) {
    if (bytes <= LIMIT || oldest === address) break;
    drop(oldest, picture);
  }
  return bitmap;
}

function drop(address, bitmap) {
  kept.delete(address);
  bytes -= size(bitmap);
  bitmap.close();
}
