"use strict";
// What a pointer over one curve asks is answered by all of them; and keys move between large pictures.

const fps = Number(document.body.dataset.fps);

const charts = [...document.querySelectorAll(".chart")].map((figure) => ({
  box: figure.querySelector(".box"),
  cursor: figure.querySelector(".cursor"),
  summary: figure.querySelector(".summary"),
  readout: figure.querySelector(".readout"),
  last: Number(figure.dataset.last),
  points: figure.dataset.points.split("|").map((text) => {
    const [frame, up, ...words] = text.split(" ");
    return { frame: Number(frame), up, words: words.join(" ") };
  }),
}));

function nearest(points, frame) {
  let low = 0, high = points.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle].frame <= frame) low = middle; else high = middle;
  }
  return frame - points[low].frame <= points[high].frame - frame ? points[low] : points[high];
}

function point(chart, frame) {
  const at = frame === null || frame > chart.last + 0.5 ? null : nearest(chart.points, frame);
  chart.cursor.hidden = chart.readout.hidden = at === null;
  chart.summary.hidden = at !== null;
  if (at === null) return;
  chart.cursor.style.left = `${chart.last ? (100 * at.frame) / chart.last : 50}%`;
  chart.cursor.style.setProperty("--up", `${at.up}%`);
  chart.readout.textContent = `${at.words} at frame ${at.frame}, ${(at.frame / fps).toFixed(2)} s`;
}

for (const chart of charts) {
  const follow = (event) => {
    const box = chart.box.getBoundingClientRect();
    const across = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    for (const each of charts) point(each, across * chart.last);
  };
  chart.box.addEventListener("pointermove", follow);
  chart.box.addEventListener("pointerdown", follow);
  chart.box.addEventListener("pointerleave", () => charts.forEach((each) => point(each, null)));
}

const ways = { Escape: ".close", ArrowLeft: ".before", ArrowRight: ".after" };
document.addEventListener("keydown", (event) => {
  const large = document.querySelector("figure:target");
  const way = large && ways[event.key] && large.querySelector(ways[event.key]);
  if (!way) return;
  event.preventDefault();
  way.click();
});
