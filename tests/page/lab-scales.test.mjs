import assert from "node:assert/strict";
import { test } from "node:test";
import { callsToPlot, ladder, linear, logAxis, logarithmic, nearestStop, onLogAxis, ticks } from "../../web/lab/scales.js";

test("a line goes through its two points, also downwards, and a single point is no division by zero", () => {
  const y = linear([0, 4], [100, 20]);
  assert.deepEqual([0, 1, 4].map(y), [100, 80, 20]);
  assert.equal(linear([3, 3], [10, 90])(3), 10);
});

test("doublings are equally far from each other on a log axis", () => {
  const x = logarithmic([1, 64], [0, 60]);
  [0, 1, 2, 6].forEach((power) => assert.ok(Math.abs(x(2 ** power) - 10 * power) < 1e-9));
});

test("ticks are round, begin at 0 and cover the most", () => {
  assert.deepEqual(ticks(5.545), [0, 2, 4, 6]);
  assert.deepEqual(ticks(0.69), [0, 0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(ticks(8), [0, 2, 4, 6, 8], "a round most is the last tick");
  assert.deepEqual(ticks(0), [0, 1]);
  for (const most of [1e-7, 0.03, 1, 99, 255, 1e6]) {
    const all = ticks(most);
    assert.ok(all.at(-1) >= most * (1 - 1e-9) && all.length <= 6, `${most}: ${all}`);
  }
});

test("a log axis has whole decades about what can be shown", () => {
  assert.deepEqual(logAxis([0.3, 42, 0, null]), { low: 0.1, high: 100, ticks: [0.1, 1, 10, 100] });
  assert.deepEqual(logAxis([10]).ticks, [1, 10], "one value still gets a decade");
  assert.equal(logAxis([0, null]), null);
});

test("a log axis is cut off below after six decades", () => {
  const { low, high } = logAxis([1e-30, 5]);
  assert.deepEqual([low, high], [1e-5, 10]);
  assert.equal(onLogAxis(1e-30, low), false);
  assert.equal(onLogAxis(1e-5, low), true);
});

test("0, null and infinity have no place on a log axis", () => {
  for (const value of [0, -1, null, undefined, Infinity, NaN]) assert.equal(onLogAxis(value), false, String(value));
  assert.equal(onLogAxis(0.1), true);
});

test("curves are computed at powers of two up to L and at K, in order, once each", () => {
  assert.deepEqual(callsToPlot(64, 8), [1, 2, 4, 8, 16, 32, 64]);
  assert.deepEqual(callsToPlot(40, 11), [1, 2, 4, 8, 11, 16, 32]);
  assert.deepEqual(callsToPlot(2, 1), [1, 2]);
});

test("the slider has all small numbers, both ends, and few stops in all", () => {
  for (const length of [1, 2, 64, 256]) {
    const stops = ladder(length);
    assert.deepEqual([stops[0], stops.at(-1)], [1, length]);
    assert.ok(stops.every((stop, at) => at === 0 || stop > stops[at - 1]), "rising");
  }
  assert.deepEqual(ladder(256).slice(0, 16), Array.from({ length: 16 }, (_, at) => at + 1));
  assert.ok(ladder(256).length < 80);
});

test("a number between two stops is shown at the nearer one", () => {
  assert.equal(nearestStop([1, 2, 10, 20], 14), 2);
  assert.equal(nearestStop([1, 2, 10, 20], 99), 3);
});
