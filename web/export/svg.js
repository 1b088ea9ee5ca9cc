// A picture as an SVG file: text alone, no style sheet, no script, nothing from elsewhere. Pure.

import { FONTS, STRIPE } from "./look.js";
import { visible } from "./measure.js";

const STRIPES = "unmask-stripes";

/**
 * @param {import("./picture.js").Picture} picture
 * @returns {string}
 */
export function svgOf({ width, height, ground, title, description, items }) {
  const stripe = items.find((item) => item.stripe);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="unmask-title unmask-desc">`,
    `<title id="unmask-title">${escaped(title)}</title>`,
    `<desc id="unmask-desc">${escaped(description)}</desc>`,
    ...(stripe ? [pattern(stripe)] : []),
    element("rect", { width, height, fill: ground }),
    ...items.flatMap((item) => DRAWN[item.kind](item)),
    "</svg>",
    "",
  ].join("\n");
}

/** Text as it may stand between tags or in double quotes. @param {string} text */
export const escaped = (text) =>
  // Line ends may stay; whatever else XML cannot hold at all becomes a sign.
  String(text)
    .split("\n")
    .map(visible)
    .join("\n")
    .replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);

const DRAWN = {
  rect({ x, y, width, height, radius, fill = "none", stripe, stroke, strokeWidth, strokeOpacity }) {
    const shape = { x, y, width, height, rx: radius };
    const painted = element("rect", {
      ...shape,
      fill,
      stroke,
      "stroke-width": stroke && strokeWidth,
      "stroke-opacity": strokeOpacity,
    });
    return stripe ? [painted, element("rect", { ...shape, fill: `url(#${STRIPES})` })] : [painted];
  },
  line: ({ x1, y1, x2, y2, stroke, strokeWidth, dash }) => [
    element("line", { x1, y1, x2, y2, stroke, "stroke-width": strokeWidth, "stroke-dasharray": dash?.join(" ") }),
  ],
  text: ({ x, y, text, size, font, fill, weight, italic, anchor, length }) => [
    element(
      "text",
      {
        x,
        y,
        "font-family": FONTS[font],
        "font-size": size,
        "font-weight": weight === 400 ? undefined : weight,
        "font-style": italic ? "italic" : undefined,
        fill,
        "text-anchor": anchor === "start" ? undefined : anchor,
        // A font with other advances is stretched or squeezed, so that it stays in its cell.
        textLength: length > 0 ? length : undefined,
        lengthAdjust: length > 0 ? "spacingAndGlyphs" : undefined,
        "xml:space": "preserve",
      },
      text,
    ),
  ],
};

/** Slanted lines, like those of the page's masks. */
function pattern({ stripe }) {
  const { every, width } = STRIPE;
  const line = element("rect", { x: every - width, width, height: every, fill: stripe });
  const shape = { id: STRIPES, width: every, height: every, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  return `<defs><pattern${attributes(shape)}>${line}</pattern></defs>`;
}

const element = (name, shape, text) =>
  text === undefined
    ? `<${name}${attributes(shape)}/>`
    : `<${name}${attributes(shape)}>${escaped(text)}</${name}>`;

const attributes = (shape) =>
  Object.entries(shape)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? round(value) : value)}"`)
    .join("");

const round = (value) => Math.round(value * 100) / 100;
