// The waveform: wavesurfer draws the peaks that the server has made, of what is to be seen; it plays and decodes nothing.
import { useEffect, useRef, useState } from "preact/hooks";
import WaveSurfer from "wavesurfer";
import { get } from "../api.js";
import { html } from "../html.js";
import { returns } from "../state.js";
import { facts, frameToSong } from "./source.js";
import { view, width } from "./view.js";

export const HEIGHT = 34;

export function Wave() {
  const box = useRef(null);
  const wave = useRef(null);
  const asked = useRef({ number: 0, timer: 0, busy: false, again: false });
  const [share, setShare] = useState(0);
  const [known, setKnown] = useState(false);
  const of = facts.value.song.of;

  useEffect(() => {
    const style = getComputedStyle(box.current);
    wave.current = WaveSurfer.create({
      container: box.current, height: HEIGHT, cursorWidth: 0, interact: false, normalize: false, hideScrollbar: true, autoScroll: false,
      waveColor: style.getPropertyValue("--wave").trim(), progressColor: style.getPropertyValue("--wave").trim(),
      cspNonce: document.querySelector("meta[name=csp-nonce]").content, peaks: [[0]], duration: 1,
    });
    return () => {
      wave.current.destroy();
      wave.current = null; // what was asked for may still come
    };
  }, []);

  const [from, to] = view.value;
  useEffect(() => {
    const state = asked.current;
    const ask = async () => {
      if (state.busy) {
        state.again = true;
        return;
      }
      state.busy = true;
      const [start, end] = view.peek().map(frameToSong);
      const points = Math.max(1, Math.round(width.peek()));
      const told = await get(`/api/items/${of}/peaks?start=${start.toFixed(4)}&end=${end.toFixed(4)}&points=${points}`, { quiet: true }).catch(() => null);
      state.busy = false;
      if (!told || !wave.current) return;
      if (told.state === "reading") {
        setShare(told.share);
        state.timer = setTimeout(ask, 400);
      } else if (told.state === "known") {
        setKnown(true);
        const peaks = [told.high.map((value) => Math.max(0, value) / 127), told.low.map((value) => Math.max(0, -value) / 127)];
        wave.current.setOptions({ peaks, duration: end - start });
        wave.current.getRenderer().render(wave.current.getDecodedData());
      }
      if (state.again) {
        state.again = false;
        ask();
      }
    };
    clearTimeout(state.timer);
    state.timer = setTimeout(ask);
    return () => clearTimeout(state.timer);
  }, [of, from, to, width.value, returns.value]);

  return html`<div class="wave"><div ref=${box} aria-hidden="true"></div>
    ${!known && html`<p class="soft">The waveform is being read, ${Math.round(100 * share)} %</p>`}</div>`;
}
