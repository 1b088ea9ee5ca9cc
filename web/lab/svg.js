// SVG elements, made one by one: no markup is ever parsed, and no inline style asked for, which the page forbids.

/** @param {Array<Node | string>} [children] strings become text */
export function svg(name, attributes = {}, children = []) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Hidden from screen readers: the readout and the table say it better. */
export const picture = (width, height, children) => svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, children);

/** @param {string} place a class: "", "middle" or "end", and others */
export const text = (x, y, place, words) => svg("text", { x, y, class: place }, [words]);

/** A bit of a line as it stands in legends: of a schedule by its look, else of a bound by its key. */
export function sample({ colour, mark, dashed, bound }) {
  const line = bound ? { class: "bound", "data-bound": bound } : { class: "curve", "data-dashed": dashed };
  const parts = [svg("line", { x1: 0, x2: 26, y1: 6, y2: 6, ...line })];
  if (mark) parts.push(svg("path", { d: mark, transform: "translate(13 6)", class: "mark" }));
  return svg("svg", { viewBox: "0 0 26 12", class: "sample", "data-colour": colour, "aria-hidden": "true" }, parts);
}

const round = (value) => Math.round(value * 10) / 10;

/** @param {Array<[number, number] | null>} points @returns {string} a path; null lifts the pen */
export function polyline(points) {
  let down = false;
  return points.map((point) => {
    const command = point && `${down ? "L" : "M"}${round(point[0])} ${round(point[1])}`;
    down = point !== null;
    return command ?? "";
  }).join("");
}

/** One path of many boxes: x, y, width, height. */
export const boxes = (all) => all.map((box) => {
  const [x, y, width, height] = box.map(round);
  return `M${x} ${y}h${width}v${height}h${-width}z`;
}).join("");

/** A line under a chart with figures at the ticks, and what they count. */
export function axis({ left, right, bottom }, scale, ticks, title) {
  return svg("g", {}, [
    svg("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "tick" }),
    text(right, bottom + 34, "end", title),
    ...ticks.flatMap((tick) => [
      svg("line", { x1: scale(tick), x2: scale(tick), y1: bottom, y2: bottom + 4, class: "tick" }),
      text(scale(tick), bottom + 18, "middle", String(tick)),
    ]),
  ]);
}

/** Rules across a chart with figures on the left, and what they measure at the top. */
export function rules({ left, right }, scale, ticks, label, title) {
  return svg("g", {}, [
    text(0, 12, "", title),
    ...ticks.flatMap((tick) => [
      svg("line", { x1: left, x2: right, y1: scale(tick), y2: scale(tick), class: "rule" }),
      text(left - 8, scale(tick) + 4, "end", label(tick)),
    ]),
  ]);
}
