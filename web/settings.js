// What a run can be asked for, and the checks before the engine sees it. Nothing is ever clamped in silence.

/** @typedef {{min: number, max: number, whole: boolean, label: string}} Range */

/**
 * @param {number} length L, tokens of the text
 * @param {{temperature: [number, number], seed: [number, number]}} limits from the engine
 * @returns {Record<"steps" | "temperature" | "seed", Range>}
 */
export const rangesOf = (length, limits) => ({
  steps: { label: "Steps", min: 1, max: length, whole: true },
  temperature: { label: "Temperature", min: limits.temperature[0], max: limits.temperature[1], whole: false },
  seed: { label: "Seed", min: limits.seed[0], max: limits.seed[1], whole: true },
});

/** Until the engine tells its own. */
export const FIRST_RANGES = rangesOf(128, { temperature: [0, 10], seed: [0, Number.MAX_SAFE_INTEGER] });

/**
 * @param {string} text as typed; browsers give "" for what is no number at all
 * @param {Range} range
 * @returns {string} what is wrong with it, naming field, value and range; "" when nothing is
 */
export function fault(text, { label, min, max, whole }) {
  const value = Number(text);
  const wants = `${whole ? "a whole number" : "a number"} from ${min} to ${max}`;
  if (text.trim() === "") return `${label}: empty or not a number; give ${wants}.`;
  const fits = Number.isFinite(value) && value >= min && value <= max && (!whole || /^\d+$/.test(text.trim()));
  return fits ? "" : `${label}: ${text} is not accepted; give ${wants}.`;
}
