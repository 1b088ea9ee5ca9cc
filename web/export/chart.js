// The chart of a picture: a bar a call, as tall as the call revealed tokens. Pure.

import { colourOf } from "../ramp.js";
import { maskedAtFirst } from "../run.js";
import { widthOf } from "./measure.js";

/** Pixels: `height` of the bars, `head` above them for figures, `slot` the most room a call gets, `figure` the type. */
export const CHART = { height: 96, head: 18, slot: 48, figure: 11 };

/**
 * @param {import("../run.js").Run} run
 * @param {number} k the frame shown: later calls are drawn hollow, its own is framed
 * @param {{x: number, y: number, width: number, slots: number, scale: number}} box y: its upper end; slots: calls side by
 *   side; scale: tokens as high as the bars may be, above 0
 * @param {import("./look.js").Look} look
 * @param {"light" | "dark"} scheme
 * @returns {import("./picture.js").Item[]}
 */
export function chart(run, k, { x, y, width, slots, scale }, look, scheme) {
  const slot = Math.min(width / slots, CHART.slot);
  const bottom = y + CHART.head + CHART.height;
  const roomy = slot >= 2 * CHART.figure * 0.62;
  const share = evenShare(run);
  const even = share === undefined ? undefined : bottom - (CHART.height * share) / scale;
  const bars = [];
  const figures = [];
  for (const { step, revealed } of run.frames.slice(1)) {
    const tall = (CHART.height * revealed.length) / scale;
    const now = step === k;
    const { fill, edge } = colourOf(step, run.steps, scheme);
    const pad = Math.min(2, 0.12 * slot);
    const rim = now ? 2 : 1;
    const left = x + (step - 1) * slot;
    // The rim lies inside the bar, as a border does; a call that revealed nothing is a line on the axis.
    bars.push({
      kind: "rect",
      x: left + pad + rim / 2,
      y: bottom - Math.max(tall, rim) + rim / 2,
      width: Math.max(slot - 2 * pad - rim, 0.5),
      height: Math.max(tall - rim / 2, 0.5),
      fill: step > k ? undefined : fill,
      stroke: now ? look.accent : step > k ? look.edge : edge,
      strokeWidth: rim,
    });
    if (now || roomy) figures.push(...figure(String(revealed.length), left + slot / 2, bottom - tall - 4, { even, now, look }));
  }
  return [
    ...bars,
    { kind: "line", x1: x, x2: x + width, y1: bottom, y2: bottom, stroke: look.edge, strokeWidth: 1 },
    ...(even === undefined ? [] : [evenLine(x, x + run.steps * slot, even, look)]),
    ...figures,
  ];
}

/**
 * Tokens a call when all calls share alike; undefined for a run that broke off or made none, as nobody knows how many calls
 * it would have made.
 * @param {import("../run.js").Run} run
 */
export function evenShare(run) {
  const broken = run.how === "stopped" || run.how === "failed";
  return broken || run.steps === 0 ? undefined : maskedAtFirst(run) / run.steps;
}

const evenLine = (x1, x2, y, look) => ({ kind: "line", x1, x2, y1: y, y2: y, stroke: look.muted, strokeWidth: 1, dash: [3, 3] });

/** A bar's figure, with some ground under it where the line of the even share would strike it out. */
function figure(text, x, y, { even, now, look }) {
  const wide = widthOf(text, CHART.figure);
  const high = 0.75 * CHART.figure;
  const struck = even !== undefined && even > y - high - 2 && even < y + 2;
  const ground = { kind: "rect", x: x - wide / 2, y: y - high, width: wide, height: high, fill: look.ground };
  return [
    ...(struck ? [ground] : []),
    {
      kind: "text",
      x,
      y,
      text,
      size: CHART.figure,
      font: "sans",
      weight: now ? 700 : 400,
      fill: now ? look.accent : look.muted,
      anchor: "middle",
    },
  ];
}
