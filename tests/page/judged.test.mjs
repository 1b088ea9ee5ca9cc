import assert from "node:assert/strict";
import { test } from "node:test";
import { MEASURES, doubtful, tabled } from "../../web/judged.js";

test("a mean is told with two digits of doubt", () => {
  const told = (mean, within) => doubtful({ mean, within });
  assert.equal(told(546.6, 107.2), "547 ± 107");
  assert.equal(told(6.78, 2.21), "6.8 ± 2.2");
  assert.equal(told(0.99804, 0.0048), "0.9980 ± 0.0048");
  assert.equal(told(32, 0), "32");
  assert.equal(told(0.12345, 0), "0.123");
});

const value = (mean) => ({ mean, within: 1 });
const JUDGED = {
  sweep: { runs: 16, masked: 128, steps: [8, 32], temperature: 1 },
  rows: [
    { strategy: "uniform, random", steps: 8, perplexity: value(90), predicted: value(40), entropy: value(4) },
    { strategy: "uniform, random", steps: 32, perplexity: value(50), predicted: value(8), entropy: value(4) },
    { strategy: "cosine, random", steps: 32, perplexity: value(45), predicted: null, entropy: value(4) },
  ],
  held_out: { perplexity: value(7), entropy: value(4.5) },
};

test("a table has a row a schedule and a column a number of calls, and says what it shows", () => {
  const { words, head, rows } = tabled(JUDGED, "perplexity");
  assert.deepEqual(head, ["calls", "8", "32"]);
  assert.deepEqual(rows, [["uniform, random", "90.0 ± 1.0", "50.0 ± 1.0"], ["cosine, random", "–", "45.0 ± 1.0"]]);
  assert.match(words, /16 texts of 128 tokens.*Held-out text itself: 7\.0 ± 1\.0\./);
});

test("what was not measured is a dash, and of held-out text nothing is said", () => {
  const { words, rows } = tabled(JUDGED, "predicted");
  assert.equal(rows[1][2], "–");
  assert.doesNotMatch(words, /Held-out/);
  for (const measure of Object.keys(MEASURES)) assert.ok(tabled(JUDGED, measure).words.startsWith(MEASURES[measure].words));
});
