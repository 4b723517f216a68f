"use strict";
// Where the song is, as a line over the sheet; and a place on the sheet, as where the song goes on.

const audio = document.querySelector("audio");
const strip = document.querySelector(".strip");
const sheet = document.querySelector(".sheet-of-time");
const now = document.querySelector(".now");
const seconds = Number(sheet.dataset.seconds);

function show() {
  const left = (Math.min(audio.currentTime, seconds) / seconds) * sheet.clientWidth;
  now.style.left = `${left}px`;
  const { scrollLeft, clientWidth } = strip;
  if (!audio.paused && (left < scrollLeft || left > scrollLeft + clientWidth * 0.9)) strip.scrollLeft = left - clientWidth * 0.1;
}

function follow() {
  show();
  if (!audio.paused) requestAnimationFrame(follow);
}

audio.addEventListener("play", follow);
for (const event of ["timeupdate", "seeked", "pause"]) audio.addEventListener(event, show);

sheet.addEventListener("click", (event) => {
  const across = (event.clientX - sheet.getBoundingClientRect().left) / sheet.clientWidth;
  audio.currentTime = Math.min(1, Math.max(0, across)) * seconds;
  show();
});
