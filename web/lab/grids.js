// The drawn grid: the tokens in the order in which they are revealed, one tone and the other by turns for the calls. The
// newest draw is large, with what each token loses below it; the earlier ones are thin strips.

import { count } from "../words.js";
import { figure, nats } from "./format.js";
import { callsOf, gridCost } from "./profile-math.js";
import { boxes, picture, svg, text } from "./svg.js";

const ROW = 26; // of the newest draw
const LOSS = 20; // the bars below it
const LINE = ROW + LOSS + 6;
const STRIP = 9; // an earlier draw
const FIGURES = 62; // beside it

/** @param {{grids: number[][], h: number[], length: number}} data newest first @returns {import("./chart.js").Drawing} */
export function drawGrids({ grids, h, length }, width) {
  const calls = grids.map((points) => callsOf(points, h));
  const newest = drawNewest(calls[0], h, length, width);
  const top = newest.height + 30;
  const cell = (width - FIGURES) / length;
  const at = (draw) => top + (draw - 1) * (STRIP + 5);
  const parts = newest.parts;
  const lines = [newest.points];
  if (grids.length > 1) parts.push(text(0, top - 8, "", "Earlier draws"), text(width, top - 8, "end", "loss, nats"));
  for (let draw = 1; draw < grids.length; draw += 1) {
    const strips = calls[draw].map(({ from, size }) => [from * cell, at(draw), size * cell, STRIP]);
    parts.push(...tones(strips.map((strip) => [strip])), text(width, at(draw) + STRIP, "end", figure(gridCost(grids[draw], h))));
    lines.push(strips.map(([x, y, wide, high]) => [x + wide / 2, y + high / 2]));
  }
  return {
    picture: picture(width, at(grids.length), parts),
    lines,
    say: (draw, call) => {
      const { from, size, cost } = calls[draw][call];
      const ranks = size === 1 ? `rank ${from}` : `ranks ${from} to ${from + size - 1}`;
      return `Draw ${draw + 1}, call ${call + 1} of ${calls[draw].length}: ${count(size, "token")}, ${ranks}, loses ${nats(cost)} on this law.`;
    },
  };
}

/** @param {number[][][]} pieces the boxes of each call */
const tones = (pieces) => ["call-a", "call-b"].map((name, odd) => svg("path", { d: boxes(pieces.filter((_, call) => call % 2 === odd).flat()), class: name }));

function drawNewest(calls, h, length, width) {
  const perRow = Math.min(length, width < 560 ? 32 : 64);
  const cell = Math.min(width / perRow, 40);
  const place = (rank) => [(rank % perRow) * cell, Math.floor(rank / perRow) * LINE];
  // A call that does not end with its row goes on in the next one.
  const pieces = calls.map(({ from, size }) => {
    const found = [];
    for (let rank = from; rank < from + size;) {
      const end = Math.min(from + size, (Math.floor(rank / perRow) + 1) * perRow);
      found.push([...place(rank), (end - rank) * cell, ROW]);
      rank = end;
    }
    return found;
  });
  const longest = pieces.map((all) => all.reduce((best, piece) => (piece[2] > best[2] ? piece : best)));
  const points = longest.map(([x, y, wide]) => [x + wide / 2, y + ROW / 2]);
  const sizes = calls.flatMap(({ size }, call) => {
    if (longest[call][2] < String(size).length * 7 + 2) return []; // no room; the table has it
    return [text(points[call][0], points[call][1] + 4, `size middle ${call % 2 ? "on-b" : "on-a"}`, String(size))];
  });
  const most = h[0] - h.at(-1) || 1;
  const lost = calls.flatMap(({ costs }) => costs).map((cost, rank) => {
    const [x, y] = place(rank);
    return [x + 0.5, y + ROW + 2, Math.max(cell - 1, 0.5), (cost / most) * LOSS];
  });
  const seams = cell < 5 ? [] : lost.map((_, rank) => `M${place(rank).join(" ")}v${ROW}`);
  return {
    height: Math.ceil(length / perRow) * LINE,
    points,
    parts: [...tones(pieces), svg("path", { d: seams.join(""), class: "seam" }), svg("path", { d: boxes(lost), class: "loss" }), ...sizes],
  };
}
