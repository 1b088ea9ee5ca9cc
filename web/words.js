// Everything the page says that depends on numbers. Pure, so that tests can read it.

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

/**
 * What is known of one position, in two lines.
 * @param {number} position
 * @param {import("./player.js").Cell} cell
 * @param {import("./player.js").Prediction} [prediction] made for it in the call that matters
 * @param {string[]} vocabulary
 * @returns {[string, string]}
 */
export function cellWords(position, cell, prediction, vocabulary) {
  const parts = [`Position ${position}`];
  if (cell.state === "masked") parts.push("masked");
  else parts.push(quoted(vocabulary[cell.token]));
  if (cell.state === "prompt") parts.push("given in the prompt");
  if (cell.reveal) {
    parts.push(`revealed in call ${cell.step}`);
    parts.push(`probability when drawn ${percent(Math.exp(cell.reveal.log_prob))}`);
  }
  if (!prediction) return [parts.join(" · "), ""];
  const guesses = prediction.top.slice(0, 4).map(([token, p]) => `${quoted(vocabulary[token])} ${percent(p)}`);
  return [
    parts.join(" · "),
    `The model’s guesses: ${guesses.join(", ")} · entropy ${prediction.entropy.toFixed(2)} nats`,
  ];
}

/**
 * Where the view stands, for a reader who does not see it move.
 * @param {import("./player.js").Player} player
 * @param {number} mask
 */
export function frameWords(player, mask) {
  if (player.shown < 0) return "";
  const frame = player.frames[player.shown];
  const masked = frame.tokens.filter((token) => token === mask).length;
  if (frame.step === 0) return `Before the first call: ${count(masked, "token")} masked.`;
  return `Call ${frame.step} of ${player.total}: ${count(frame.revealed.length, "token")} revealed, ${masked} still masked.`;
}

/**
 * How the run went.
 * @param {"running" | "finished" | "stopped" | "failed"} how
 * @param {number} calls
 * @param {number} revealed tokens so far
 * @param {number} masked tokens to reveal in all
 */
export function runWords(how, calls, revealed, masked) {
  const done = `${revealed} of ${count(masked, "token")} revealed`;
  if (how === "finished") return `Finished: ${count(revealed, "token")} in ${count(calls, "call")}.`;
  if (how === "stopped") return `Stopped after ${count(calls, "call")}: ${done}.`;
  if (how === "failed" && masked === 0) return "Refused: nothing was generated.";
  if (how === "failed") return `Failed after ${count(calls, "call")}: ${done}.`;
  return "Unmasking …";
}
