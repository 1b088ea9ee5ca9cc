import assert from "node:assert/strict";
import { test } from "node:test";
import { cellOnLogAxis, chance, figure, nats, powerOfTen } from "../../web/lab/format.js";
import { shade } from "../../web/lab/presence.js";
import { boundTable, curveTable, gridTable, presenceTable, profileTable } from "../../web/lab/tables.js";

const PROFILE = { law: "parity:q=2", length: 3, h: [0.7, 0.7, 0], tc: 0.7, dtc: 1.4, standard_error: null };

test("figures keep three digits, and what is tiny is not told as nothing", () => {
  assert.deepEqual([0, 5.5452, 38.816, 249.5, 0.0123, 0.001].map(figure), ["0", "5.55", "38.8", "250", "0.0123", "0.00100"]);
  assert.equal(figure(1.23e-7), "1.2 × 10⁻⁷");
  assert.equal(figure(null), "–");
  assert.equal(nats(2), "2.00 nats");
});

test("powers of ten are plain where that is short", () => {
  assert.deepEqual([-12, -3, 0, 3, 5].map(powerOfTen), ["10⁻¹²", "0.001", "1", "1000", "10⁵"]);
});

test("a chance is 0 or 1 only when it is", () => {
  assert.deepEqual([0, 1e-5, 0.25, 0.9999, 1].map(chance), ["0", "under 0.001", "0.250", "1.000", "1"]);
});

test("a table says why the log axis lacks a value", () => {
  assert.equal(cellOnLogAxis(0, "", 0.1), "0 (no place on a log axis)");
  assert.equal(cellOnLogAxis(null, "no closed form", 0.1), "– (no closed form)");
  assert.equal(cellOnLogAxis(0.05, "", 0.1), "0.0500 (below the axis)");
  assert.equal(cellOnLogAxis(3, "", 0.1), "3.00");
});

test("shades tell none from little and little from certain", () => {
  assert.deepEqual([0, 1e-6, 0.25, 1].map(shade), [0, 1, 6, 12]);
});

test("the profile's table has a row a token, and a column of errors only for an estimate", () => {
  const { head, rows, caption } = profileTable(PROFILE);
  assert.match(caption, /parity:q=2, L = 3/);
  assert.equal(head.length, 3);
  assert.deepEqual(rows, [["0", "0.700", "–"], ["1", "0.700", "0"], ["2", "0", "0.700"]]);
  assert.equal(profileTable({ ...PROFILE, standard_error: [0.1, 0.1, 0.1] }).rows[1].length, 4);
});

test("the draws' table has sizes and losses", () => {
  assert.deepEqual(gridTable(PROFILE, "uniform", 2, [[2, 3], [1, 3]]).rows, [["1", "2", "2, 1", "0"], ["2", "2", "1, 2", "0.700"]]);
});

test("(A) and (B) have a column each", () => {
  const { head, rows } = curveTable(PROFILE, [{ schedule: "uniform", steps: 2, kl_grid: 3, kl_law: null }], 0.1);
  assert.deepEqual(head, ["Schedule", "K", "(A)", "(B)"]);
  assert.deepEqual(rows, [["uniform", "2", "3.00", "– (no closed form)"]]);
});

test("Theorem 1 stands in the table for the schedules that it is about and that are shown", () => {
  const bounds = [{ steps: 1, oracle: 0, tc_over_k: 1, dtc_over_k: 2, theorem_1_tc: 3, theorem_1_dtc: null, theorem_1_min: 4 }];
  const { head, rows } = boundTable(PROFILE, bounds, ["adaptive-dtc", "uniform"], 0.1);
  assert.deepEqual(head, ["K", "oracle", "TC/K", "DTC/K", "Theorem 1, dtc"]);
  assert.deepEqual(rows, [["1", "0 (no place on a log axis)", "1.00", "2.00", "– (infinite)"]]);
});

test("the table of presences has a column a schedule, and the drops", () => {
  const { head, rows } = presenceTable(PROFILE, 2, [{ schedule: "a", presence: [0.5, 0] }]);
  assert.deepEqual([head, rows], [["j", "a", "d(j), nats"], [["1", "0.500", "0"], ["2", "0", "0.700"]]]);
});
