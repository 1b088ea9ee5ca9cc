import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_RANGES, fault } from "../../web/settings.js";
import { newRun } from "../../web/run.js";
import { captionOf, cellWords, downloadWords, frameWords, percent, runWords, tokenLook } from "../../web/words.js";

test("a download is told in megabytes, with a total only when there is one", () => {
  assert.equal(downloadWords("the model", 1.2e6, 2.9e6), "Downloading the model, 1.2 of 2.9 MB");
  assert.equal(downloadWords("the engine", 3.1e6), "Downloading the engine, 3.1 MB so far");
});

test("a token's space is a gap before its cell, its line end a sign and a break", () => {
  assert.deepEqual(tokenLook(" the"), { text: "the", gap: true, breaks: false, special: false });
  assert.deepEqual(tokenLook("\n"), { text: "↵", gap: false, breaks: true, special: false });
  assert.deepEqual(tokenLook("  "), { text: "··", gap: false, breaks: false, special: false });
  assert.equal(tokenLook("<|endoftext|>").special, true);
  assert.equal(tokenLook("<").special, false);
});

test("a cell is described by what is known of it", () => {
  const vocabulary = ["a", " cat"];
  const reveal = { position: 4, token: 1, log_prob: Math.log(0.25) };
  const prediction = { position: 4, token: 1, log_prob: -1, entropy: 1.5, margin: 0.1, top: [[1, 0.25], [0, 0.0004]] };
  assert.deepEqual(cellWords(4, { state: "revealed", token: 1, step: 5, reveal }, prediction, vocabulary), [
    "Position 4 · “ cat” · revealed in call 5",
    "Drawn with probability 25%, guess 1; entropy 1.50 nats. That call’s guesses:",
  ]);
  assert.deepEqual(cellWords(4, { state: "masked", token: 2 }, undefined, vocabulary), ["Position 4 · masked", ""]);
});

test("percentages round without a gap between 9.9% and 10%", () => {
  assert.deepEqual([0, 0.0004, 0.0994, 0.0996, 0.5, 1].map(percent), ["0.0%", "under 0.1%", "9.9%", "10%", "50%", "100%"]);
});

test("a stopped run says so", () => {
  const frames = [[9, 2, 2, 2], [9, 2, 5, 2]].map((tokens, step) => ({ step, tokens, revealed: [], predictions: [] }));
  const run = { ...newRun({ steps: 2 }, { mask: 2, vocabulary: [] }), frames, how: "stopped" };
  assert.equal(runWords(run), "Stopped after 1 call: 1 of 3 tokens revealed.");
  assert.equal(frameWords([{ ...run, steps: 2 }], 9), "call 1 of 2, 0 tokens revealed, 2 still masked.");
  assert.equal(runWords({ ...run, how: "failed", frames: [] }), "Refused: nothing was generated.");
});

test("a caption names all that the run was asked for", () => {
  const settings = { prompt: "", schedule: "uniform", order: "random", steps: 8, temperature: 0.5, seed: 3, pins: [[4, 5]] };
  assert.equal(captionOf({ settings }), "uniform, random order, 8 steps, temperature 0.5, seed 3, 1 pin");
  const ruled = { rule: "threshold:tau=0.9", steps: 1, temperature: 1, seed: 0 };
  assert.equal(captionOf({ settings: ruled }), "threshold:tau=0.9, 1 step, temperature 1, seed 0");
});

test("a refused value is named with its field and range, never clamped", () => {
  const { steps, temperature, seed } = FIRST_RANGES;
  assert.equal(fault("129", steps), "Steps: 129 is not accepted; give a whole number from 1 to 128.");
  for (const text of ["0", "1.5", "-1", "1e999", "", " "]) assert.notEqual(fault(text, steps), "", text);
  for (const text of ["0", "0.33", "10"]) assert.equal(fault(text, temperature), "");
  assert.notEqual(fault("10.01", temperature), "");
  assert.equal(fault("9007199254740991", seed), "");
  for (const text of ["9007199254740993", "9007199254740990.6", "1e3"]) assert.notEqual(fault(text, seed), "", text);
});
