// A worker that all tabs of a browser share. It holds the one stream: a browser opens six connections to a server,
// and with a stream each the seventh tab would wait for ever.
import { follow } from "./stream.js";

const tabs = new Set(); // their ports
let state = ""; // of the stream: none yet, "found" or "lost"

function tell(message) {
  state = message.state ?? state;
  for (const tab of tabs) tab.postMessage(message);
}

onconnect = ({ ports: [tab] }) => {
  tabs.add(tab);
  tab.onmessage = ({ data }) => {
    if (data.leaves) tabs.delete(tab);
    else if (!state) {
      state = "lost";
      follow(data.from, tell);
    }
  };
  tab.postMessage({ joined: true, state });
};
