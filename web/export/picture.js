// A picture of one run, or of two side by side, as a list of shapes: what the page shows at one frame. Pure: the same runs
// always give the same shapes, whatever then draws them (svg.js, paint.js).

import { scaleOf } from "../bars.js";
import { cellsOf, lastOf } from "../run.js";
import { captionOf, runWords } from "../words.js";
import { CHART, chart, evenShare } from "./chart.js";
import { CELL, layOut } from "./layout.js";
import { LOOKS } from "./look.js";
import { boxOf, legend, words } from "./marks.js";
import { widthOf, wrap } from "./measure.js";
import { told } from "./told.js";

/**
 * @typedef {{kind: "rect", x: number, y: number, width: number, height: number, radius?: number, fill?: string,
 *            stripe?: string, stroke?: string, strokeWidth?: number, strokeOpacity?: number}} Rect
 *   stripe: a colour of slanted lines over the fill
 * @typedef {{kind: "line", x1: number, y1: number, x2: number, y2: number, stroke: string, strokeWidth: number,
 *            dash?: [number, number]}} Line
 * @typedef {{kind: "text", x: number, y: number, text: string, size: number, font: "mono" | "sans", fill: string,
 *            weight?: number, italic?: boolean, anchor?: "start" | "middle" | "end", length?: number}} Text
 *   y: the baseline; length: pixels that the text takes, whatever the font
 * @typedef {Rect | Line | Text} Item later ones lie over earlier ones
 * @typedef {{width: number, height: number, ground: string, title: string, description: string, items: Item[]}} Picture
 */

/** Pixels. Two columns and what is around them are 1200 wide. */
const PAGE = { pad: 40, one: 680, two: 540, between: 40 };
const CAPTION = { size: 14, line: 20 };
const NOTE = { size: 12, line: 18 };

/**
 * How the texts of some runs are laid out, for one frame or for all frames of an animation.
 * @param {import("../run.js").Run[]} runs one or two
 * @param {number} [frame] without it, one layout that holds at every frame
 * @returns {import("./layout.js").Layout[]} one a run
 */
export function layoutsOf(runs, frame) {
  const width = runs.length > 1 ? PAGE.two : PAGE.one;
  return runs.map((run) => {
    const frames = frame === undefined ? [...run.frames.keys()] : [frameOf(run, frame)];
    return layOut(run, frames, width);
  });
}

/** A run that has fewer frames than another shows its last. @param {import("../run.js").Run} run @param {number} k */
const frameOf = (run, k) => Math.max(0, Math.min(k, lastOf(run)));

/**
 * @param {import("../run.js").Run[]} runs one or two, with one frame at least
 * @param {number} frame
 * @param {"light" | "dark"} scheme
 * @param {import("./layout.js").Layout[]} [layouts] of the same runs, that hold at this frame
 * @returns {Picture}
 */
export function picture(runs, frame, scheme, layouts = layoutsOf(runs, frame)) {
  const look = LOOKS[scheme];
  const width = runs.length > 1 ? PAGE.two : PAGE.one;
  const slots = Math.max(1, ...runs.map((run) => run.steps));
  const scale = scaleOf(runs) || 1;
  const heads = runs.map((run) => head(run, frameOf(run, frame), width, look));
  const top = PAGE.pad + Math.max(...heads.map(({ height }) => height)) + 12;
  const low = top + Math.max(...layouts.map(({ height }) => height)) + 16;
  const base = low + CHART.head + CHART.height;

  const items = runs.flatMap((run, column) => {
    const k = frameOf(run, frame);
    const x = PAGE.pad + column * (width + PAGE.between);
    const box = { x, y: low, width, slots, scale };
    return [
      ...moved(heads[column].items, x, PAGE.pad),
      ...moved(cells(run, k, layouts[column], look, scheme), x, top),
      ...chart(run, k, box, look, scheme),
      { ...words(evenWords(run), NOTE.size, look.muted), x, y: base + NOTE.line },
    ];
  });
  const whole = runs.length * width + (runs.length - 1) * PAGE.between;
  const foot = legend(runs, whole, look, scheme);
  const footTop = base + 2.5 * NOTE.line;
  items.push(...moved(foot.items, PAGE.pad, footTop));
  return {
    width: whole + 2 * PAGE.pad,
    height: Math.ceil(footTop + foot.height + PAGE.pad),
    ground: look.ground,
    items,
    ...told(runs, runs.map((run) => frameOf(run, frame))),
  };
}

const evenWords = (run) => {
  const share = evenShare(run);
  const dashed = share === undefined ? "" : ` Dashed: an even share, ${share.toFixed(1)}.`;
  return `Tokens revealed in each call.${dashed}`;
};

/** What was asked for, how it went, and where the picture stands. A run that was stopped says so at every frame. */
function head(run, k, width, look) {
  // Broken after commas only: a number stays with what it counts.
  const parts = captionOf(run).split(", ");
  const lines = wrap(parts.map((part) => part.replaceAll(" ", "\u00a0")).join(", "), CAPTION.size, width);
  const items = lines.map((text, at) => ({
    ...words(text, CAPTION.size, look.ink),
    weight: 600,
    x: 0,
    y: at * CAPTION.line + CAPTION.size,
  }));
  const y = lines.length * CAPTION.line + 4 + NOTE.size;
  const broken = run.how === "stopped" || run.how === "failed";
  const place = words(`call ${run.frames[k].step} of ${run.steps}`, NOTE.size, look.muted);
  const how = wrap(runWords(run), NOTE.size, width - widthOf(place.text, NOTE.size) - 16);
  how.forEach((text, at) => {
    const line = words(text, NOTE.size, broken ? look.accent : look.muted);
    items.push({ ...line, weight: broken ? 600 : 400, x: 0, y: y + at * NOTE.line });
  });
  items.push({ ...place, anchor: "end", x: width, y });
  return { items, height: y + (how.length - 1) * NOTE.line + 4 };
}

/** @returns {Item[]} */
function cells(run, k, { faces, places }, look, scheme) {
  return cellsOf(run, k).flatMap((cell, position) => {
    const { x, y, width } = places[position];
    const box = boxOf(cell, { x, y, width, height: CELL.height }, run.steps, look, scheme);
    if (cell.state === "masked") return box;
    const { text, size, special } = faces.get(cell.token);
    const fresh = cell.state === "fresh";
    const weight = { fresh: 700, pinned: 650 }[cell.state] ?? 400;
    return [
      box,
      {
        kind: "text",
        x: x + width / 2,
        y: y + CELL.height / 2 + 0.35 * size,
        text,
        size,
        font: "mono",
        fill: fresh ? look.accent : look.ink,
        weight,
        italic: special,
        anchor: "middle",
        length: widthOf(text, size),
      },
    ];
  });
}

/** @param {Item[]} items @returns {Item[]} */
const moved = (items, dx, dy) =>
  items.map((item) =>
    item.kind === "line"
      ? { ...item, x1: item.x1 + dx, x2: item.x2 + dx, y1: item.y1 + dy, y2: item.y2 + dy }
      : { ...item, x: item.x + dx, y: item.y + dy },
  );
