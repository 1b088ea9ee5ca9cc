// From numbers to pixels, and where the ticks stand. Pure.

/** @returns {(value: number) => number} the straight line through two points */
export function linear([from, to], [start, end]) {
  const slope = to === from ? 0 : (end - start) / (to - from);
  return (value) => start + (value - from) * slope;
}

/** Likewise of logarithms: only for positive numbers. */
export function logarithmic([from, to], range) {
  const line = linear([Math.log(from), Math.log(to)], range);
  return (value) => line(Math.log(value));
}

/** Whether a log axis that begins at `low` has a place for a value. */
export const onLogAxis = (value, low = 0) => Number.isFinite(value) && value > 0 && value >= low;

/** About `count` round steps (1, 2 or 5 times a power of ten) from 0 until `most` is covered. */
export function ticks(most, count = 4) {
  if (!(most > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / count));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= (most / count) * (1 - 1e-9));
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}

const DECADES = 6; // an axis of more would flatten what is worth seeing

/**
 * Whole decades for these values, the lower ones cut off when there are too many.
 * @returns {{low: number, high: number, ticks: number[]} | null} null when no value is positive
 */
export function logAxis(values) {
  const shown = values.filter((value) => onLogAxis(value));
  if (shown.length === 0) return null;
  const top = Math.ceil(Math.log10(Math.max(...shown)) - 1e-9);
  const bottom = Math.floor(Math.log10(Math.min(...shown)) + 1e-9);
  const first = Math.min(Math.max(bottom, top - DECADES), top - 1);
  const decades = Array.from({ length: top - first + 1 }, (_, at) => Number(`1e${first + at}`));
  return { low: decades[0], high: decades.at(-1), ticks: decades };
}

/** The numbers of calls at which curves are computed: powers of two up to L, and the one chosen. */
export function callsToPlot(length, steps) {
  const calls = new Set([steps]);
  for (let power = 1; power <= length; power *= 2) calls.add(power);
  return [...calls].sort((one, other) => one - other);
}

/** The stops of a slider over 1..length that feels logarithmic: whole numbers at first, later 12 a doubling. */
export function ladder(length) {
  const stops = [1];
  while (stops.at(-1) < length) {
    const last = stops.at(-1);
    stops.push(Math.min(length, Math.max(last + 1, Math.round(last * 2 ** (1 / 12)))));
  }
  return stops;
}

/** Index of the stop nearest to a value. */
export function nearestStop(stops, value) {
  const gap = (at) => Math.abs(stops[at] - value);
  return stops.reduce((best, _, at) => (gap(at) < gap(best) ? at : best), 0);
}
