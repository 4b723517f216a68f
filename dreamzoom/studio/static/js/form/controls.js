// The control of each kind of value that a recipe can hold.
import { Channels } from "./channels.js";
import { Files } from "./files.js";
import { NamedFiles } from "./named.js";
import { NumberField, PointField } from "./numbers.js";
import { ClassPicker, LayerPicker } from "./pickers.js";
import { Choice, Flag, Lines, Size, TextField } from "./texts.js";

const CONTROLS = {
  number: NumberField, whole: NumberField, point: PointField, choice: Choice, flag: Flag, size: Size, file: Files,
  class: ClassPicker, layer: LayerPicker, channels: Channels, files: NamedFiles,
};

/** What draws a value, made of what the schema says of it. */
export const controlOf = (form) => (form.has_lines ? Lines : CONTROLS[form.kind] ?? TextField);
