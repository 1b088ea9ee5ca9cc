import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, whyNoForecast } from "../../web/facts.js";
import { cellsOf, certainty, drawnLogProb, median, newRun, predictionOf, revealedSoFar, runOfTrace, sameSettings, traceOf } from "../../web/run.js";

const MASK = 2;
const reveal = (position, token, log_prob = -1) => ({ position, token, log_prob });
const told = (position, p) => ({ position, token: 5, log_prob: -1, entropy: 1, margin: 0, top: [[5, p], [6, 0.1]] });
// A prompt of one token and a pin, then three masks lifted in two calls.
const FRAMES = [
  { step: 0, tokens: [9, MASK, MASK, MASK, 8], revealed: [], predictions: [] },
  { step: 1, tokens: [9, MASK, 5, MASK, 8], revealed: [reveal(2, 5, -0.5)], predictions: [told(1, 0.2), told(2, 0.6), told(3, 0.4)] },
  { step: 2, tokens: [9, 6, 5, 7, 8], revealed: [reveal(1, 6), reveal(3, 7)], predictions: [told(1, 0.3), told(3, 0.5)] },
];
const SETTINGS = { prompt: "a", pins: [[4, 8]], schedule: "uniform", order: "random", steps: 2, temperature: 1, seed: 1 };
const made = () => ({ ...newRun(SETTINGS, { mask: MASK, vocabulary: ["", "", "", "", "", " five", " six", " seven", " eight", "nine"] }), frames: FRAMES });

test("a cell is masked, then fresh, then revealed; prompt and pins stay what they are", () => {
  const states = (k) => cellsOf(made(), k).map(({ state }) => state);
  assert.deepEqual(states(0), ["prompt", "masked", "masked", "masked", "pinned"]);
  assert.deepEqual(states(1), ["prompt", "masked", "fresh", "masked", "pinned"]);
  assert.deepEqual(states(2), ["prompt", "fresh", "revealed", "fresh", "pinned"]);
  assert.equal(cellsOf(made(), 2)[2].step, 1);
});

test("a mask is told of by the next call, a token by the call that revealed it", () => {
  const run = made();
  const at = (k, position) => predictionOf(run, k, position, cellsOf(run, k)[position])?.top[0][1];
  assert.equal(at(0, 1), 0.2);
  assert.equal(at(1, 1), 0.3);
  assert.equal(at(2, 2), 0.6);
  assert.equal(at(2, 0), undefined, "nobody predicted the prompt");
});

test("how sure the model is of what is masked comes from the call after the frame", () => {
  const [first, second, last] = certainty(made());
  assert.ok(Math.abs(first.mean - 0.4) < 1e-12 && first.least === 0.2);
  assert.ok(Math.abs(second.mean - 0.4) < 1e-12 && second.least === 0.3);
  assert.equal(last, undefined);
});

test("a trace becomes the run that it was, and says whether that was stopped", () => {
  const header = { version: 2, model: "ab", ...SETTINGS, length: 5, device: "cpu", mask: MASK, vocabulary: made().vocabulary };
  const lines = [header, ...FRAMES].map((one) => JSON.stringify(one));
  const run = runOfTrace(`${lines.join("\n")}\n`, "file");
  assert.deepEqual([run.how, run.steps, run.frames.length, run.origin], ["finished", 2, 3, "file"]);
  assert.equal(run.texts[1], "nine░ five░ eight");
  assert.ok(sameSettings(run.settings, { ...SETTINGS, rule: "" }));
  assert.ok(!sameSettings(run.settings, { ...SETTINGS, seed: 2 }));
  assert.deepEqual([run.headerLine, ...run.lines], lines, "kept as written");
  assert.equal(traceOf(run), `${lines.join("\n")}\n`);
  // A run that broke off is not one that was stopped; what its file says is kept.
  const broken = `${lines.slice(0, 3).join("\n")}\n`;
  assert.equal(runOfTrace(broken, "file").how, "stopped");
  assert.equal(traceOf(runOfTrace(broken, "file")), broken);
  const stopped = `${broken}{"stopped":1}\n`;
  assert.equal(runOfTrace(stopped, "file").frames.length, 2);
  assert.equal(traceOf(runOfTrace(stopped, "file")), stopped);
  assert.equal(traceOf({ ...runOfTrace(broken, "file"), origin: "live" }), stopped);
});

test("characters that are cut into bytes are put together again", () => {
  const vocabulary = ["a", "\\xE2\\x9C", "\\x93", " b"];
  const header = { version: 2, model: "", ...SETTINGS, pins: [], length: 4, device: "cpu", mask: 9, vocabulary };
  const frame = { step: 0, tokens: [0, 1, 2, 3], revealed: [], predictions: [] };
  const run = runOfTrace([header, frame].map((one) => JSON.stringify(one)).join("\n"), "file");
  assert.equal(run.texts[0], "a✓ b");
});

test("what was remasked is not counted as revealed", () => {
  const run = made();
  assert.equal(revealedSoFar(run), 3);
  run.frames = [...FRAMES.slice(0, 2), { ...FRAMES[2], tokens: [9, 6, MASK, 7, 8], remasked: [2] }];
  assert.equal(revealedSoFar(run), 2);
});

test("what a run lacks is a dash, never a zero", () => {
  const empty = factsOf(newRun(SETTINGS, { mask: MASK, vocabulary: [] }));
  assert.deepEqual([empty.ms, empty.expected, empty.likelihood, empty.instead], ["–", "–", "–", "–"]);
  const run = { ...made(), how: "finished", ms: [40, undefined], score: { nats: 2.5, se: 0.1 } };
  const facts = factsOf(run, { expected: 3.14159, drawn: 12.345 });
  assert.deepEqual([facts.calls, facts.instead, facts.revealed, facts.ms], ["2", "3", "3 of 3", "40 ms"]);
  assert.deepEqual([facts.expected, facts.drawn], ["3.14 nats", "with the sizes of this run 12.3"]);
  assert.equal(facts.likelihood, "-2.50 ± 0.10 nats");
  assert.ok(Math.abs(drawnLogProb(run) + 2.5 / 3) < 1e-12);
});

test("a forecast is for the random order at temperature 1 alone, and says so elsewhere", () => {
  assert.equal(whyNoForecast(SETTINGS, true), undefined);
  assert.match(whyNoForecast(SETTINGS, false), /not measured/);
  assert.match(whyNoForecast({ ...SETTINGS, order: "most-confident" }, true), /random order/);
  assert.match(whyNoForecast({ ...SETTINGS, temperature: 0 }, true), /temperature 1/);
  assert.match(whyNoForecast({ rule: "threshold:tau=0.9" }, true), /schedules/);
});

test("median", () => {
  assert.equal(median([]), undefined);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});

test("a trace keeps its blocks and its early stop", () => {
  const header = { version: 2, prompt: "", schedule: "uniform", order: "random", block_length: 32, early_stop: 0.9, steps: 1, temperature: 1, seed: 1, mask: 2, vocabulary: ["a", "b", "?"] };
  const frame = { step: 0, tokens: [2], revealed: [], predictions: [] };
  const { settings } = runOfTrace(`${JSON.stringify(header)}\n${JSON.stringify(frame)}\n`, "file");
  assert.deepEqual([settings.block_length, settings.early_stop], [32, 0.9]);
});
