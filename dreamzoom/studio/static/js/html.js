// Preact with htm: tagged templates in place of JSX, so that there is no build step.
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
