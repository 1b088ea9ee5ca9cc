// KL against the number of calls, both axes logarithmic. One panel for each of the two errors: they are never mixed.

import { nats, powerOfTen } from "./format.js";
import { logAxis, logarithmic, onLogAxis } from "./scales.js";
import { axis, picture, polyline, rules, svg, text } from "./svg.js";

/** What (A) is compared with. `of` is the schedule that a bound is about, and comes and goes with. */
const BOUNDS = [
  { key: "oracle", name: "oracle", about: "the least that any schedule can lose, which takes knowing h" },
  { key: "tc_over_k", name: "TC/K", about: "a line to compare slopes with" },
  { key: "dtc_over_k", name: "DTC/K", about: "a line to compare slopes with" },
  ...["tc", "dtc", "min"].map((which) => (
    { key: `theorem_1_${which}`, name: `Theorem 1, ${which}`, about: `an upper bound for adaptive-${which}`, of: `adaptive-${which}` }
  )),
];

export const boundsFor = (schedules) => BOUNDS.filter(({ of }) => !of || schedules.includes(of));

/** Both panels have one axis, so that heights compare. Theorem 1 may leave it: with few calls it is very large. */
export function sharedAxis(rows, bounds) {
  const values = [...rows.flatMap((row) => [row.kl_grid, row.kl_law]), ...bounds.flatMap((one) => [one.oracle, one.tc_over_k, one.dtc_over_k])];
  return logAxis(values) ?? { low: 0.1, high: 1, ticks: [0.1, 1] };
}

/**
 * @param {"kl_grid" | "kl_law"} key (A) or (B)
 * @param {{rows: object[], bounds: object[], schedules: string[], steps: number, focus: string, look: Function}} data
 * @returns {import("./chart.js").Drawing}
 */
export function drawCurves(key, { rows, bounds, schedules, steps, focus, look }, width) {
  const averaged = key === "kl_grid";
  const { low, high, ticks } = sharedAxis(rows, bounds);
  const height = 340;
  const area = { left: 48, right: width - 14, top: 40, bottom: height - 40 };
  const calls = bounds.map((one) => one.steps);
  const x = logarithmic([1, Math.max(2, calls.at(-1))], [area.left, area.right]);
  const y = logarithmic([low, high], [area.bottom, area.top]);
  const shown = (value) => onLogAxis(value, low);
  const path = (values) => polyline(values.map((value, at) => (shown(value) ? [x(calls[at]), y(value)] : null)));
  // What has no place on the axis can still be visited: it waits at the bottom.
  const points = (values) => values.map((value, at) => [x(calls[at]), shown(value) ? Math.max(y(value), area.top) : area.bottom]);

  const series = schedules.map((name) => {
    const own = rows.filter((row) => row.schedule === name);
    const values = own.map((row) => row[key]);
    const { colour, mark, dashed } = look(name);
    const marks = points(values).filter((_, at) => shown(values[at]));
    return {
      focus: name === focus,
      points: points(values),
      say: (at) => `${name}, K = ${calls[at]}: (A) ${nats(own[at].kl_grid)}, (B) ${own[at].kl_law === null ? "has no closed form" : nats(own[at].kl_law)}.`,
      drawn: svg("g", { "data-colour": colour, class: name === focus ? "focus" : "" }, [
        svg("path", { d: path(values), class: "curve", "data-dashed": dashed }),
        ...marks.map((place) => svg("path", { d: mark, transform: `translate(${place})`, class: "mark" })),
      ]),
    };
  });
  const compared = (averaged ? boundsFor(schedules) : []).map(({ key: bound, name, about }) => {
    const values = bounds.map((one) => one[bound]);
    return {
      points: points(values),
      say: (at) => `${name}, K = ${calls[at]}: ${values[at] === null ? "infinite" : nats(values[at])}, ${about}.`,
      drawn: svg("path", { d: path(values), class: "bound", "data-bound": bound, "clip-path": `url(#plot-${key})` }),
    };
  });
  const lines = [...series, ...compared];
  const below = [...compared, ...series].sort((one, other) => Boolean(one.focus) - Boolean(other.focus));
  const now = x(steps);
  return {
    picture: picture(width, height, [
      svg("clipPath", { id: `plot-${key}` }, [svg("rect", { x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top })]),
      rules(area, y, ticks, (tick) => powerOfTen(Math.round(Math.log10(tick))), `KL ${averaged ? "(A)" : "(B)"}, nats`),
      axis(area, x, calls.filter((at) => Number.isInteger(Math.log2(at))), "calls, K"),
      svg("line", { x1: now, x2: now, y1: area.top, y2: area.bottom, class: "now" }),
      text(now, area.top - 8, `strong ${now > width * 0.8 ? "end" : "middle"}`, `K = ${steps}`),
      ...below.map(({ drawn }) => drawn),
    ]),
    lines: lines.map((line) => line.points),
    say: (line, at) => lines[line].say(at),
  };
}
