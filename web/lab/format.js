// Numbers as words. Pure.

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @param {number} exponent whole @returns {string} "10⁻⁵", and plain figures where those are short */
export function powerOfTen(exponent) {
  if (exponent >= -3 && exponent <= 4) return String(Number(`1e${exponent}`));
  return `10${[...String(exponent)].map((sign) => SUPERSCRIPTS[sign] ?? "⁻").join("")}`;
}

/** Three figures or more; "–" for nothing. */
export function figure(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.log10(Math.abs(value));
  if (size >= -3) return value.toFixed(Math.max(0, Math.min(6, 2 - Math.floor(size))));
  const [head, exponent] = value.toExponential(1).split("e");
  return `${head} × ${powerOfTen(Number(exponent))}`;
}

export const nats = (value) => `${figure(value)} nats`;

/** A probability; what is small is not told as nothing. */
export function chance(value) {
  if (value < 1e-9) return "0";
  if (value > 1 - 1e-9) return "1";
  return value < 0.001 ? "under 0.001" : value.toFixed(3);
}

/**
 * A KL in a table beside a log axis that begins at `low`: what the axis cannot show says why.
 * @param {number | null} value
 * @param {string} nothing what null means
 */
export function cellOnLogAxis(value, nothing, low) {
  if (value === null) return `– (${nothing})`;
  if (value === 0) return "0 (no place on a log axis)";
  return value < low ? `${figure(value)} (below the axis)` : figure(value);
}
