// How much of a file is sent, how fast, and how long it still takes.
import { duration, size } from "../words.js";

const WINDOW = 4000; // milliseconds of which the speed is told: networks change
const LEAST = 700; // after which it is

/** How fast something grows, by its latest seconds. */
export class Pace {
  constructor() {
    this.seen = [[performance.now(), 0]];
  }

  /** Bytes a second, now that so many are sent; null before that can be told. */
  after(sent) {
    const now = performance.now();
    this.seen.push([now, sent]);
    while (this.seen.length > 2 && this.seen[1][0] < now - WINDOW) this.seen.shift();
    const [then, before] = this.seen[0];
    return now - then < LEAST ? null : (1000 * (sent - before)) / (now - then);
  }
}

/** "42 %, 5.1 of 12 MB, 2.3 MB a second, 0:03 left". */
export function figuresOf(total, sent, pace) {
  const told = [`${Math.floor((100 * sent) / Math.max(1, total))} %`, size(total, sent)];
  if (pace) told.push(`${size(pace)} a second`, `${duration(Math.ceil((total - sent) / pace))} left`);
  return told.join(", ");
}
