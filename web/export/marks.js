// What a picture's marks look like, and the legend that says what they mean. Told apart by shape first, by colour second, as
// on the page. Pure.

import { colourOf } from "../ramp.js";
import { widthOf } from "./measure.js";

/** Pixels. Sans-serif type is narrower than monospaced, even where it is wide: `em` of the assumed advance. */
const LEGEND = { size: 12, line: 24, swatch: 26, height: 16, gap: 8, between: 20, ramp: 96, em: 0.92 };

const wide = (label) => widthOf(label, LEGEND.em * LEGEND.size);

/**
 * A line of words, to be placed.
 * @param {string} text @param {number} size @param {string} fill
 * @returns {import("./picture.js").Text}
 */
export const words = (text, size, fill) => ({ kind: "text", x: 0, y: 0, text, size, font: "sans", fill });

/**
 * The box of a cell.
 * @param {{state: string, step?: number}} cell
 * @param {{x: number, y: number, width: number, height: number}} place
 * @param {number} steps calls of the run: the length of the ramp
 * @param {import("./look.js").Look} look
 * @param {"light" | "dark"} scheme
 * @returns {import("./picture.js").Rect}
 */
export function boxOf({ state, step }, place, steps, look, scheme) {
  const framed = (stroke, strokeWidth) => ({ ...inside(place, strokeWidth), stroke, strokeWidth });
  switch (state) {
    case "masked":
      return { kind: "rect", radius: 4.5, ...place, fill: look.mask, stripe: look.stripe };
    case "fresh":
      return framed(look.accent, 2);
    case "pinned":
      return framed(look.ink, 2);
    case "prompt":
      return framed(look.edge, 1);
    default:
      return { ...framed("#808080", 1), strokeOpacity: 0.2, fill: colourOf(step, steps, scheme).fill };
  }
}

/** A rectangle whose line lies within the place. */
const inside = ({ x, y, width, height }, line) => ({
  kind: "rect",
  x: x + line / 2,
  y: y + line / 2,
  width: width - line,
  height: height - line,
  radius: 4.5 - line / 2,
});

/**
 * @param {import("../run.js").Run[]} runs
 * @param {number} width pixels
 * @param {import("./look.js").Look} look
 * @param {"light" | "dark"} scheme
 * @returns {{items: import("./picture.js").Item[], height: number}}
 */
export function legend(runs, width, look, scheme) {
  const pins = runs.some(({ settings }) => settings.pins?.length > 0);
  const swatch = (state, label) => ({
    wide: LEGEND.swatch + LEGEND.gap + wide(label),
    items: [
      boxOf({ state }, { x: 0, y: 0, width: LEGEND.swatch, height: LEGEND.height }, 1, look, scheme),
      { ...words(label, LEGEND.size, look.muted), x: LEGEND.swatch + LEGEND.gap, y: 12.5 },
    ],
  });
  const entries = [
    swatch("masked", "masked"),
    swatch("prompt", "prompt"),
    ...(pins ? [swatch("pinned", "pinned")] : []),
    swatch("fresh", "revealed just now"),
    ramp(look, scheme),
  ];
  const items = [];
  let x = 0;
  let y = 0;
  for (const entry of entries) {
    if (x > 0 && x + entry.wide > width) [x, y] = [0, y + LEGEND.line];
    for (const item of entry.items) items.push({ ...item, x: item.x + x, y: item.y + y });
    x += Math.ceil(entry.wide) + LEGEND.between;
  }
  const source = y + LEGEND.line + 12.5;
  items.push({ ...words(sourceWords(runs), LEGEND.size, look.muted), x: 0, y: source });
  return { items, height: source + 4 };
}

/** The colours from the first call to the last: whole pixels side by side, which every format draws without seams. */
function ramp(look, scheme) {
  const label = (text, x, anchor) => ({ ...words(text, LEGEND.size, look.muted), x, y: 12.5, anchor });
  const start = Math.ceil(wide("first call") + LEGEND.gap);
  const piece = 3;
  const count = LEGEND.ramp / piece;
  const pieces = Array.from({ length: count }, (_, at) => ({
    kind: "rect",
    x: start + at * piece,
    y: 0,
    width: piece,
    height: LEGEND.height,
    fill: colourOf(at + 1, count, scheme).fill,
  }));
  const end = start + LEGEND.ramp + LEGEND.gap;
  return {
    wide: end + wide("last call"),
    items: [label("first call", start - LEGEND.gap, "end"), ...pieces, label("last call", end, "start")],
  };
}

/** Where the picture comes from: the page, and the beginning of each model's hash. */
function sourceWords(runs) {
  const models = new Set(runs.flatMap(({ header }) => (header?.model ? [String(header.model).slice(0, 12)] : [])));
  return ["unmask", ...[...models].map((hash) => `model ${hash}`)].join(" · ");
}
