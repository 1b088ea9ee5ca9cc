// The numbers beside a run, in words. Pure. What a run does not have is a dash: absent is not zero.

import { drawnLogProb, lastOf, maskedAtFirst, median, revealedSoFar } from "./run.js";

const DASH = "–";
const nats = (value) => (Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(1));

/**
 * @param {import("./run.js").Run} run
 * @param {{expected?: number, drawn?: number, why?: string}} [forecasts] nats that the schedule is expected to lose, and
 *   that this run's sizes do; or why that is not known
 * @returns {Record<"calls" | "instead" | "revealed" | "ms" | "expected" | "drawn" | "likelihood" | "drawn-log-prob", string>}
 */
export function factsOf(run, { expected, drawn, why } = {}) {
  const masked = maskedAtFirst(run);
  const calls = Math.max(lastOf(run), 0);
  const ms = median(run.ms.filter((one) => one !== undefined));
  const each = drawnLogProb(run);
  return {
    calls: run.how === "running" ? `${calls} of ${run.steps}` : String(calls),
    instead: run.frames.length > 0 ? String(masked) : DASH,
    revealed: `${revealedSoFar(run)} of ${masked}`,
    ms: ms === undefined ? DASH : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`,
    expected: expected === undefined ? DASH : `${nats(expected)} nats`,
    drawn: drawn === undefined ? (why ?? "") : `with the sizes of this run ${nats(drawn)}`,
    likelihood: run.score ? `${(-run.score.nats).toFixed(2)} ± ${run.score.se.toFixed(2)} nats` : DASH,
    "drawn-log-prob": each === undefined ? "" : `when they were drawn ${each.toFixed(2)}`,
  };
}

/**
 * Why the profile says nothing of a run; undefined where it does.
 * @param {object} settings what the engine was asked for
 * @param {boolean} known whether the model's profile is there
 */
export function whyNoForecast({ rule, remasking, order, temperature, block_length: block, early_stop: early }, known) {
  if (!known) return "the profile of this model was not measured";
  if (rule || remasking) return "only schedules have one";
  if (block !== undefined || early !== undefined) return "not for blocks, nor for an early stop";
  if (order !== "random") return "only for the random order";
  if (temperature !== 1) return "only for temperature 1";
  return undefined;
}
