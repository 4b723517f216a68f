// A curve, drawn by uPlot on the axes that all lanes share.
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { html } from "../html.js";
import { view, width } from "./view.js";

export const HEIGHT = 80;

/** The lowest and the highest value of a lane's scale, with room to drag. */
export function scaleOf({ base, now }) {
  const values = [base, now].flatMap((lane) => [...(lane.values ?? []), ...(lane.keys ?? []).map((key) => key.value), lane.value])
    .filter((value) => typeof value === "number");
  if (base.kind === "choice" || !values.length) return [0, 1];
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const least = (base.high - base.low) * 0.03;
  const room = Math.max((high - low) * 0.25, least);
  low = Math.max(base.low, low - room);
  high = Math.min(base.high, high + room);
  return high > low ? [low, high] : [base.low, base.high];
}

/** A lane's curve as frames and values; what stands still is a line. */
function pointsOf(lane, frames) {
  if (lane?.frames) return [lane.frames, lane.values];
  if (typeof lane?.value === "number") return [[0, Math.max(1, frames - 1)], [lane.value, lane.value]];
  return [[0, 1], [null, null]];
}

function dataOf({ base, now, changed }, frames) {
  if (base.kind === "choice") {
    const weights = (now.weights ?? base.weights ?? []).map((each) => [each.frames, each.values]);
    return weights.length ? uPlot.join(weights) : [[0, 1], [null, null]];
  }
  const [old, other] = [pointsOf(base, frames), changed ? pointsOf(now, frames) : [[0, 1], [null, null]]];
  return uPlot.join([old, other]);
}

const HUES = ["--picture", "--dream", "--time", "--track", "--motion"];

export function Curve({ lane, scale, frames }) {
  const box = useRef(null);
  const plot = useRef(null);
  const range = useRef(scale);
  const seen = useRef(true); // what is scrolled away is drawn when it comes back
  const shown = useRef(""); // from where to where it is drawn
  range.current = scale;
  const data = useMemo(() => dataOf(lane, frames), [lane.base, lane.now, lane.changed, frames]);
  const count = data.length - 1;

  useEffect(() => {
    const style = getComputedStyle(box.current);
    const ink = (name) => style.getPropertyValue(name).trim();
    const line = (stroke, more = {}) => ({ stroke, width: 1.5, points: { show: false }, spanGaps: true, ...more });
    const isChoice = lane.base.kind === "choice";
    const series = isChoice ? Array.from({ length: count }, (_, index) => line(ink(HUES[index % HUES.length])))
      : [line(ink(lane.changed ? "--soft" : "--accent"), lane.changed ? { width: 1, dash: [3, 3] } : {}), line(ink("--dream"), { width: 2 })];
    plot.current = new uPlot({
      width: Math.max(1, width.peek()), height: HEIGHT, padding: [0, 0, 0, 0], pxAlign: 0,
      legend: { show: false }, cursor: { show: false }, select: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false, range: () => view.peek() }, y: { range: () => range.current } },
      series: [{}, ...series],
    }, data, box.current);
    shown.current = "";
    return () => plot.current.destroy();
  }, [count, lane.changed, lane.base.kind]);

  const [from, to] = view.value;
  const size = width.value;
  useEffect(() => {
    if (size && plot.current.width !== size) plot.current.setSize({ width: size, height: HEIGHT });
  }, [size]);
  const text = `${lane.base.name}${scale}`;
  useEffect(() => { plot.current.setData(data, true); }, [lane.base, lane.now, lane.changed, text]);
  const follow = () => {
    const [min, max] = view.peek();
    if (!seen.current || shown.current === `${min} ${max}`) return;
    shown.current = `${min} ${max}`;
    plot.current.setScale("x", { min, max });
  };
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => {
      seen.current = entry.isIntersecting;
      follow();
    });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(follow, [from, to]);
  return html`<div class="curve" ref=${box} aria-hidden="true"></div>`;
}
