// A picture drawn on a canvas, shape by shape.

import { FONTS, STRIPE } from "./look.js";

/**
 * @param {import("./picture.js").Picture} picture
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context of a canvas of the picture's size times `zoom`
 * @param {number} [zoom] canvas pixels a pixel of the picture
 */
export function paint({ width, height, ground, items }, context, zoom = 1) {
  context.setTransform(zoom, 0, 0, zoom, 0, 0);
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "alphabetic";
  for (const item of items) DRAWN[item.kind](context, item);
}

const DRAWN = {
  rect(context, item) {
    const { x, y, width, height, radius = 0, fill, stripe, stroke, strokeWidth, strokeOpacity = 1 } = item;
    context.beginPath();
    context.roundRect(x, y, width, height, radius);
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (stripe) stripes(context, item);
    if (stroke) {
      context.globalAlpha = strokeOpacity;
      context.strokeStyle = stroke;
      context.lineWidth = strokeWidth;
      context.stroke();
      context.globalAlpha = 1;
    }
  },
  line(context, { x1, y1, x2, y2, stroke, strokeWidth, dash = [] }) {
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.setLineDash(dash);
    context.strokeStyle = stroke;
    context.lineWidth = strokeWidth;
    context.stroke();
    context.setLineDash([]);
  },
  text(context, { x, y, text, size, font, fill, weight = 400, italic, anchor = "start", length }) {
    context.font = `${italic ? "italic " : ""}${weight} ${size}px ${FONTS[font]}`;
    context.fillStyle = fill;
    context.textAlign = anchor === "middle" ? "center" : anchor;
    // A font wider than was assumed is squeezed, so that it stays in its cell.
    if (length > 0) context.fillText(text, x, y, length);
    else context.fillText(text, x, y);
  },
};

/** Slanted lines within the path at hand, in step from cell to cell: along each, x + y is the same. */
function stripes(context, { x, y, width, height, stripe }) {
  const apart = STRIPE.every * Math.SQRT2;
  const first = STRIPE.every - STRIPE.width / 2;
  context.save();
  context.clip();
  context.beginPath();
  const from = Math.floor((x + y) / apart);
  const to = Math.ceil((x + y + width + height) / apart);
  for (let n = from; n <= to; n += 1) {
    const sum = (n * STRIPE.every + first) * Math.SQRT2;
    context.moveTo(sum - y, y);
    context.lineTo(sum - y - height, y + height);
  }
  context.strokeStyle = stripe;
  context.lineWidth = STRIPE.width;
  context.stroke();
  context.restore();
}
