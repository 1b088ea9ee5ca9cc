// The information profile as a step curve, one step a token, so that TC and DTC are areas and not only sums.

import { figure, nats } from "./format.js";
import { drops } from "./profile-math.js";
import { linear, ticks } from "./scales.js";
import { axis, picture, rules, svg, text } from "./svg.js";

/** @param {object} profile as the worker tells it @returns {import("./chart.js").Drawing} */
export function drawProfile({ h, length, tc, dtc, standard_error: error }, width) {
  const height = Math.round(Math.max(240, Math.min(320, width * 0.45)));
  const area = { left: 44, right: width - 12, bottom: height - 40 };
  const up = ticks(h[0]);
  const x = linear([0, length], [area.left, area.right]);
  const y = linear([0, up.at(-1)], [area.bottom, 32]);
  const [first, last] = [h[0], h.at(-1)];
  const fall = drops(h);

  const steps = h.map((value, j) => `V${y(value).toFixed(1)}H${x(j + 1).toFixed(1)}`).join("");
  const between = (level, name) => svg("path", { d: `M${x(0)} ${y(level)}${steps}V${y(level)}Z`, class: `area ${name}` });
  const level = (value, label, above) => [
    svg("line", { x1: area.left, x2: area.right, y1: y(value), y2: y(value), class: "level" }),
    text(area.right, y(value) + (above ? -6 : 15), "end", label),
  ];
  // A name stands in its area where that is large; where it is not, the legend alone has it.
  const named = (place, name, value) => ((value / (tc + dtc)) * width > 140 ? [text(...place, `${name} ${nats(value)}`)] : []);
  return {
    picture: picture(width, height, [
      rules(area, y, up, String, "entropy of one more token, h(j), nats"),
      axis(area, x, ticks(length, Math.min(8, width / 70)).filter((tick) => tick <= length && Number.isInteger(tick)), "tokens revealed, j"),
      between(first, "tc"),
      between(last, "dtc"),
      ...(first > last ? [...level(first, "h(0)", true), ...level(last, `h(${length - 1})`, y(last) > area.bottom - 18)] : []),
      svg("path", { d: `M${x(0)} ${y(first)}${steps}`, class: "profile" }),
      ...named([area.right - 10, y(first) + 22, "inside end"], "TC", tc),
      ...named([area.left + 10, y(last) - 12, "inside"], "DTC", dtc),
    ]),
    lines: [h.map((value, j) => [x(j + 0.5), y(value)])],
    say: (_, j) => {
      const known = j === 0 ? "Nothing is known yet." : `The last token known took away ${nats(fall[j - 1])}.`;
      return `j = ${j}: one more token has ${nats(h[j])} of entropy${error ? `, ± ${figure(error[j])}` : ""}. ${known}`;
    },
  };
}
