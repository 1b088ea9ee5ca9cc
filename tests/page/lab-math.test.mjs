import assert from "node:assert/strict";
import { test } from "node:test";
import { callsOf, drops, gridCost, isFixed } from "../../web/lab/profile-math.js";

const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-12, `${found} is not ${wanted}`);
const H = [1, 0.75, 0.5, 0.5, 0.125]; // five tokens
const TC = 5 * 1 - 2.875;
const code = (length, k) => Array.from({ length }, (_, j) => (j < k ? Math.log(256) : 0));

test("drops are what the profile falls by", () => assert.deepEqual(drops(H), [0.25, 0.25, 0, 0.375]));

test("one call loses the whole TC, the area between h(0) and the curve; one token a call loses nothing", () => {
  near(gridCost([5], H), TC);
  near(gridCost([1, 2, 3, 4, 5], H), 0);
});

test("the loss of a grid is identity (I): each drop times the tokens from it to the end of its call", () => {
  const points = [2, 5];
  const cost = (j) => points.find((point) => point >= j) - j;
  near(gridCost(points, H), drops(H).reduce((total, drop, at) => total + drop * cost(at + 1), 0));
});

test("a call's tokens lose what they would have learned from those before them in it", () => {
  assert.deepEqual(callsOf([2, 5], H), [
    { from: 0, size: 2, cost: 0.25, costs: [0, 0.25] },
    { from: 2, size: 3, cost: 0.375, costs: [0, 0, 0.375] },
  ]);
});

test("on a code a grid pays for the tokens from its dimension to the next point, and nothing when it meets it", () => {
  near(gridCost([8, 16, 24, 32], code(32, 17)), 7 * Math.log(256));
  near(gridCost([8, 16, 24, 32], code(32, 16)), 0);
});

test("a plan is fixed when each point is certain or impossible", () => {
  assert.equal(isFixed([0, 1, 0, 1 - 1e-12]), true);
  assert.equal(isFixed([0, 1, 0.5]), false);
  assert.equal(isFixed([0, 1e-6]), false, "a small chance is a chance");
});
