// Where a tab's events come from: the stream that all tabs share, or one of its own where they can share none.
import { follow } from "./stream.js";

const PATIENCE = 3000; // ms for the worker's first word

/**
 * Hear all that happens from now on. Resolves, once nothing more can be missed, to a function that is called with the id
 * of the last event that is known: the stream begins there if it has not begun.
 */
export function join(hear) {
  const alone = (from) => follow(from, hear);
  if (typeof SharedWorker !== "function") return Promise.resolve(alone); // Chrome on Android
  return new Promise((resolve) => {
    const worker = new SharedWorker(new URL("shared.js", import.meta.url), { type: "module", name: "events" });
    const { port } = worker;
    const give = (begin) => {
      clearTimeout(waiting);
      resolve(begin);
    };
    const refuse = () => {
      port.onmessage = null;
      port.close();
      give(alone);
    };
    const waiting = setTimeout(refuse, PATIENCE);
    worker.onerror = refuse;
    port.onmessage = ({ data }) => {
      if (!data.joined) return hear(data);
      if (data.state) hear({ state: data.state });
      addEventListener("pagehide", () => port.postMessage({ leaves: true }));
      addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
      give((from) => port.postMessage({ from }));
      return undefined;
    };
  });
}
