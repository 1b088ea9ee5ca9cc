import assert from "node:assert/strict";
import { test } from "node:test";
import { History, keepOf, pinAt, promptLength, unpin } from "../../web/pins.js";

const MASK = 2;
const ROOM = { length: 10, prompt: 3 };

test("pins keep the order of their positions, and new ones take the place of old ones", () => {
  const pins = pinAt([[8, 1], [5, 1]].reverse(), 5, [7, 8], ROOM);
  assert.deepEqual(pins, [[5, 7], [6, 8], [8, 1]]);
  assert.deepEqual(unpin(pins, new Set([6, 8])), [[5, 7]]);
});

test("a pin has no place in the prompt or past the end", () => {
  assert.throws(() => pinAt([], 2, [7], ROOM), /Position 2 belongs to the prompt, which takes the first 3/);
  assert.throws(() => pinAt([], 9, [7, 8], ROOM), /takes 2 positions from 9 on; the text ends at 9/);
  assert.throws(() => pinAt([], 5, [], ROOM), /nothing to pin/);
});

const run = {
  mask: MASK,
  settings: { pins: [[3, 30]] },
  frames: [{ tokens: [11, MASK, MASK, 30, MASK] }, { tokens: [11, 21, MASK, 30, 41] }, { tokens: [11, 21, 22, 30, 41] }],
};

test("a run goes on from a frame with all that stands there but what is masked again", () => {
  assert.equal(promptLength(run), 1);
  assert.deepEqual(keepOf(run, 1, new Set()), [[1, 21], [3, 30], [4, 41]]);
  assert.deepEqual(keepOf(run, 2, new Set([1, 3])), [[2, 22], [4, 41]]);
  assert.throws(() => keepOf(run, 2, new Set()), /No position is masked here/);
  assert.throws(() => keepOf(run, 2, new Set([0])), /belongs to the prompt/);
});

test("a pin beside the prompt is not taken for it", () => {
  const close = { mask: MASK, settings: { pins: [[1, 5]] }, frames: [{ tokens: [9, 5, MASK] }] };
  assert.equal(promptLength(close), 1);
});

test("history forgets the oldest", () => {
  const history = new History(2);
  for (const state of [1, 2, 3]) history.push(state);
  assert.deepEqual([history.pop(), history.pop(), history.pop()], [3, 2, undefined]);
  assert.ok(history.empty);
});
