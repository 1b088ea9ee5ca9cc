// How a schedule is told from the others: a colour and a mark. The mark alone is enough, for whoever sees no colours.

/** Those shown at first, in the order of the list. */
export const DEFAULTS = ["adaptive-min", "adaptive-tc", "adaptive-dtc", "minimax-min", "uniform", "cosine", "ancestral"];

// Paths about the origin, six pixels wide or so.
const MARKS = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", // disc
  "M-4 3.5h8L0-4.5z", // triangle
  "M-4-3.5h8L0 4.5z", // triangle on its tip
  "M0-4.8L4.8 0L0 4.8L-4.8 0z", // diamond
  "M-3.2-3.2h6.4v6.4h-6.4z", // square
  "M-1.2-4.2h2.4v3h3v2.4h-3v3h-2.4v-3h-3v-2.4h3z", // plus
  "M-4.2-2.6L-2.6-4.2L0-1.6L2.6-4.2L4.2-2.6L1.6 0L4.2 2.6L2.6 4.2L0 1.6L-2.6 4.2L-4.2 2.6L-1.6 0z", // cross
];

/**
 * @param {string} name
 * @param {string[]} all every schedule there is
 * @returns {{colour: number, mark: string, dashed: boolean}} colour 0..6 as in lab.css. The first schedules have a colour
 *   and a mark of their own; the others share colours, with another mark and a dashed line.
 */
export function lookOf(name, all) {
  const first = DEFAULTS.indexOf(name);
  if (first >= 0) return { colour: first, mark: MARKS[first], dashed: false };
  const at = Math.max(0, all.filter((one) => !DEFAULTS.includes(one)).indexOf(name));
  const round = Math.floor(at / MARKS.length) + 1;
  return { colour: at % MARKS.length, mark: MARKS[(at + round) % MARKS.length], dashed: true };
}
