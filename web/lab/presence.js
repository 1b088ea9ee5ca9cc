// Where each schedule spends its calls: for each count j of revealed tokens the chance that a call ends there, as a strip
// of shades, and below them how much the law's profile falls there.

import { chance, nats } from "./format.js";
import { linear, ticks } from "./scales.js";
import { axis, boxes, picture, svg, text } from "./svg.js";

const STRIP = 18;
const EACH = STRIP + 24; // with its name above
const DROPS = 70;
const SHADES = 12;

/** By the square root, for most chances are small: 0 for none, SHADES for certainty, at least 1 for anything else. */
export const shade = (probability) => (probability < 1e-9 ? 0 : Math.max(1, Math.round(Math.sqrt(Math.min(1, probability)) * SHADES)));

/**
 * @param {{plans: Array<{schedule: string, presence: number[]}>, drops: number[], length: number, look: Function}} data
 * @returns {import("./chart.js").Drawing}
 */
export function drawPresence({ plans, drops, length, look }, width) {
  const x = linear([0.5, length - 0.5], [0, width - 1]);
  const cell = x(1.5);
  const top = (row) => row * EACH + 18;
  const strips = plans.map(({ schedule, presence }, row) => {
    const { colour, mark } = look(schedule);
    const box = (at) => [x(at + 0.5), top(row), cell, STRIP];
    const levels = Array.from({ length: SHADES }, (_, level) => presence.flatMap((value, at) => (shade(value) === level + 1 ? [box(at)] : [])));
    return svg("g", { "data-colour": colour }, [
      svg("path", { d: mark, transform: `translate(6 ${top(row) - 9})`, class: "mark" }),
      text(18, top(row) - 5, "name", schedule),
      svg("rect", { x: 0.5, y: top(row) - 0.5, width: width - 1, height: STRIP + 1, class: "outline" }),
      ...levels.map((all, level) => svg("path", { d: boxes(all), class: "shade", "fill-opacity": (level + 1) / SHADES })),
    ]);
  });
  const bottom = top(plans.length) + DROPS;
  const most = Math.max(...drops);
  const y = linear([0, most > 0 ? most : 1], [bottom, bottom - DROPS]);
  const bars = drops.map((drop, at) => [x(at + 0.5), y(drop), cell, bottom - y(drop)]);
  const j = ticks(length, Math.min(8, width / 70)).filter((tick) => tick > 0 && Number.isInteger(tick) && x(tick) < width - 12);
  return {
    picture: picture(width, bottom + 40, [
      ...strips,
      text(0, top(plans.length) - 5, "name", `The profile’s falls, d(j): at most ${nats(most)}`),
      svg("path", { d: boxes(bars), class: "loss" }),
      axis({ left: 0, right: width, bottom }, x, j, "tokens revealed, j"),
    ]),
    lines: [...plans.map((_, row) => drops.map((__, at) => [x(at + 1), top(row) + STRIP / 2])), drops.map((drop, at) => [x(at + 1), y(drop)])],
    say: (line, at) => {
      const ends = line < plans.length ? `${plans[line].schedule}, j = ${at + 1}: a call ends there with probability ${chance(plans[line].presence[at])}; the` : `j = ${at + 1}: the`;
      return `${ends} profile falls there by ${nats(drops[at])}.`;
    },
  };
}
