// The server's events. A stream that breaks is opened again where it was; nothing is lost.
const KINDS = ["reset", "item", "gone", "queue", "inbox", "preview", "draft", "beats"];
const WAITS = [1, 1, 2, 3, 5]; // seconds between tries; the last goes on

/** Tell all that happens after the event `from`: {kind, id, data} each; and {state} when it is found or lost. */
export function follow(from, tell) {
  let last = from;
  let tries = 0;
  function open() {
    const source = new EventSource(`/api/events?last=${encodeURIComponent(last)}`);
    source.onopen = () => {
      tries = 0;
      tell({ state: "found" });
    };
    source.onerror = () => {
      source.close();
      tell({ state: "lost" });
      setTimeout(open, 1000 * WAITS[Math.min(tries, WAITS.length - 1)]);
      tries += 1;
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data, lastEventId }) => {
        last = lastEventId || last;
        tell({ kind, id: last, data });
      });
    }
  }
  open();
}
