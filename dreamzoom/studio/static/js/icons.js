// Small pictures on buttons, drawn in the colour of the text.
import { html } from "./html.js";

const PATHS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  first: "M6 5h2.4v14H6zM19 5v14L9.4 12z",
  last: "M15.6 5H18v14h-2.4zM5 5v14l9.6-7z",
  back: "M15.5 5v14L6 12z",
  on: "M8.5 5v14L18 12z",
  repeat: "M7 6h9a4 4 0 0 1 4 4v1.5h-2V10a2 2 0 0 0-2-2H7v3L3 7l4-4zM17 18H8a4 4 0 0 1-4-4v-1.5h2V14a2 2 0 0 0 2 2h9v-3l4 4-4 4z",
  loud: "M4 9.5h3.5L12 6v12l-4.5-3.5H4zM14.5 8.5a5 5 0 0 1 0 7l-1-1a3.5 3.5 0 0 0 0-5zM17 6a8.5 8.5 0 0 1 0 12l-1-1a7 7 0 0 0 0-10z",
  quiet: "M4 9.5h3.5L12 6v12l-4.5-3.5H4zM14 9.4l1-1 2 2 2-2 1 1-2 2 2 2-1 1-2-2-2 2-1-1 2-2z",
  whole: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
  target: "M11 2h2v3.1A7 7 0 0 1 18.9 11H22v2h-3.1A7 7 0 0 1 13 18.9V22h-2v-3.1A7 7 0 0 1 5.1 13H2v-2h3.1A7 7 0 0 1 11 5.1zm1 5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zm0 3.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z",
  search: "M10.5 4a6.5 6.5 0 0 1 5.2 10.4l4.5 4.5-1.4 1.4-4.5-4.5A6.5 6.5 0 1 1 10.5 4zm0 2a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z",
  grip: "M8 5h3v3H8zM13 5h3v3h-3zM8 10.5h3v3H8zM13 10.5h3v3h-3zM8 16h3v3H8zM13 16h3v3h-3z",
  more: "M6 10.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zm6 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zm6 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z",
  song: "M9 5l10-2v12.5a2.8 2.8 0 1 1-2-2.7V7.4l-6 1.2v9A2.8 2.8 0 1 1 9 15z",
  recipe: "M6 3h9l4 4v14H6zm2 2v14h9V8h-3V5zm1.5 6h6v1.5h-6zm0 3.5h6V16h-6z",
  font: "M10.7 4h2.6l5.2 16h-2.3l-1.4-4.5H9.2L7.8 20H5.5zm-.9 9.5h4.4L12 6.6z",
  film: "M4 5h16v14H4zm2 2v2h2V7zm0 4v2h2v-2zm0 4v2h2v-2zm10-8v2h2V7zm0 4v2h2v-2zm0 4v2h2v-2zM10 7v10h4V7z",
  add: "M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7z",
  tick: "M9.6 18.2L3.8 12.4l1.9-1.9 3.9 3.9 8.7-8.7 1.9 1.9z",
  close: "M6.4 5L12 10.6 17.6 5 19 6.4 13.4 12 19 17.6 17.6 19 12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z",
  help: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zm0 2a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm-1 10.5h2v2h-2zM12 7a3 3 0 0 1 1.5 5.6c-.4.2-.5.4-.5.9v.5h-2v-.8c0-1.1.6-1.9 1.4-2.3A1 1 0 1 0 11 10H9a3 3 0 0 1 3-3z",
  phone: "M8 2h8a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm0 3v12h8V5zm3 13.5V20h2v-1.5z",
};

/** An icon of the table, hidden from screen readers: the button says in words what it does. */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}
