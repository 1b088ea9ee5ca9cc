// Moving among the points of a chart. Pure. Points stand in lines, each is [x, y] in pixels; no line is empty.

const clamp = (value, most) => Math.max(0, Math.min(most, value));

const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
const JUMPS = { ArrowUp: -1, ArrowDown: 1 };

/**
 * @param {string} key
 * @param {{line: number, point: number} | null} cursor null before the first key: that one only shows the cursor
 * @param {Array<Array<[number, number]>>} lines
 * @returns {{line: number, point: number} | null} null when the key means nothing here
 */
export function move(key, cursor, lines) {
  if ((!(key in STEPS) && !(key in JUMPS)) || lines.length === 0) return null;
  if (!cursor) return { line: 0, point: key === "End" ? lines[0].length - 1 : 0 };
  const { line, point } = cursor;
  if (key in STEPS) return { line, point: clamp(point + STEPS[key], lines[line].length - 1) };
  const next = clamp(line + JUMPS[key], lines.length - 1);
  return { line: next, point: nearest(lines[line][point][0], null, [lines[next]]).point };
}

/** The cursor after a redraw, which may have left fewer points. */
export function hold(cursor, lines) {
  if (lines.length === 0) return null;
  const line = clamp(cursor.line, lines.length - 1);
  return { line, point: clamp(cursor.point, lines[line].length - 1) };
}

/** The point nearest to a place; a null y is near to all. */
export function nearest(x, y, lines) {
  let best = null;
  let least = Infinity;
  lines.forEach((points, line) => points.forEach(([px, py], point) => {
    const distance = (px - x) ** 2 + (y === null ? 0 : (py - y) ** 2);
    if (distance < least) {
      least = distance;
      best = { line, point };
    }
  }));
  return best;
}
