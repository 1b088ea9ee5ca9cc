// Everything the page says that depends on numbers. Pure, so that tests can read it.

import { maskedAtFirst, revealedSoFar } from "./run.js";

/** @param {number} count @param {string} noun @returns {string} "1 token", "7 tokens" */
export const count = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** @param {string} what @param {number} loaded bytes @param {number} [total] bytes */
export function downloadWords(what, loaded, total) {
  const mb = (bytes) => (bytes / 1e6).toFixed(1);
  return total === undefined
    ? `Downloading ${what}, ${mb(loaded)} MB so far`
    : `Downloading ${what}, ${mb(loaded)} of ${mb(total)} MB`;
}

/**
 * How a token looks in its cell.
 * @param {string} token display string from the vocabulary
 * @returns {{text: string, gap: boolean, breaks: boolean, special: boolean}} gap: a space before the cell;
 *   breaks: the line ends after it
 */
export function tokenLook(token) {
  const breaks = token.includes("\n");
  const special = /^<\|.*\|>$/.test(token);
  if (/^ +$/.test(token)) return { text: "·".repeat(token.length), gap: false, breaks, special };
  const gap = token.startsWith(" ");
  return { text: (gap ? token.slice(1) : token).replaceAll("\n", "↵"), gap, breaks, special };
}

/** A token between quotation marks, with its space and line ends visible. @param {string} token */
export const quoted = (token) => `“${token.replaceAll("\n", "↵")}”`;

/** @param {number} p 0..1 @returns {string} */
export function percent(p) {
  if (p > 0 && p < 0.001) return "under 0.1%";
  return `${(100 * p).toFixed(p < 0.0995 ? 1 : 0)}%`;
}

/** @param {object} settings @returns {string} */
const howOf = ({ schedule, order, rule, remasking }) => rule ?? remasking ?? `${schedule}, ${order} order`;

/** A run's settings in a line. @param {import("./run.js").Run} run */
export function captionOf({ settings }) {
  const { steps, temperature, seed, pins = [] } = settings;
  const pinned = pins.length > 0 ? `, ${count(pins.length, "pin")}` : "";
  return `${howOf(settings)}, ${count(steps, "step")}, temperature ${temperature}, seed ${seed}${pinned}`;
}

/**
 * What is known of one position, in two lines.
 * @param {number} position
 * @param {import("./run.js").Cell} cell
 * @param {import("./run.js").Prediction} [prediction] made for it in the call that matters
 * @param {string[]} vocabulary
 * @returns {[string, string]}
 */
export function cellWords(position, cell, prediction, vocabulary) {
  const parts = [`Position ${position}`];
  if (cell.state === "masked") parts.push("masked");
  else parts.push(quoted(vocabulary[cell.token] ?? `#${cell.token}`));
  if (cell.state === "prompt") parts.push("given in the prompt");
  if (cell.state === "pinned") parts.push("pinned");
  if (cell.reveal) parts.push(`revealed in call ${cell.step}`);
  if (!prediction) return [parts.join(" · "), ""];
  const entropy = `entropy ${prediction.entropy.toFixed(2)} nats`;
  if (!cell.reveal) return [parts.join(" · "), `The next call’s guesses, ${entropy}:`];
  const rank = prediction.top.findIndex(([token]) => token === cell.token) + 1;
  const place = rank > 0 ? `guess ${rank}` : "none of the first five";
  return [parts.join(" · "), `Drawn with probability ${percent(Math.exp(cell.reveal.log_prob))}, ${place}; ${entropy}. That call’s guesses:`];
}

/**
 * Where the view stands, for a reader who does not see it move.
 * @param {import("./run.js").Run[]} runs one or two
 * @param {number} shown the call on screen
 */
export function frameWords(runs, shown) {
  const words = runs.flatMap((run, at) => {
    const k = Math.min(shown, run.frames.length - 1);
    if (k < 0) return [];
    const { step, tokens, revealed } = run.frames[k];
    const masked = tokens.filter((token) => token === run.mask).length;
    const whose = runs.length > 1 ? `${at === 0 ? "First" : "Second"} run: ` : "";
    if (step === 0) return [`${whose}before the first call, ${count(masked, "token")} masked.`];
    return [`${whose}call ${step} of ${run.steps}, ${count(revealed.length, "token")} revealed, ${masked} still masked.`];
  });
  return words.join(" ");
}

/** How a run went. @param {import("./run.js").Run} run */
export function runWords(run) {
  const calls = Math.max(run.frames.length - 1, 0);
  const masked = maskedAtFirst(run);
  const revealed = revealedSoFar(run);
  const done = `${revealed} of ${count(masked, "token")} revealed`;
  if (run.how === "finished") return `Finished: ${count(revealed, "token")} in ${count(calls, "call")}.`;
  if (run.how === "stopped") return `Stopped after ${count(calls, "call")}: ${done}.`;
  if (run.how === "failed" && run.frames.length === 0) return "Refused: nothing was generated.";
  if (run.how === "failed") return `Failed after ${count(calls, "call")}: ${done}.`;
  return "Unmasking …";
}

/** How fast this machine is. @param {Partial<Record<"gpu" | "cpu", {first: number, ms: number}>>} times ms */
export function speedWords(times) {
  const one = ([which, { first, ms }]) => `${which.toUpperCase()}: ${ms.toFixed(1)} ms a call, ${first.toFixed(0)} ms the first one`;
  return `Measured here. ${Object.entries(times).map(one).join("; ")}.`;
}

/** Tokens that are told before the rest is only counted. */
const TOLD = 24;

/** How a text is cut. @param {number[]} tokens @param {string[]} vocabulary */
export function cutWords(tokens, vocabulary) {
  const words = tokens.slice(0, TOLD).map((one) => quoted(vocabulary[one]));
  const more = tokens.length > TOLD ? " …" : "";
  return `${count(tokens.length, "token")}${words.length > 0 ? ": " : ""}${words.join(" ")}${more}`;
}
