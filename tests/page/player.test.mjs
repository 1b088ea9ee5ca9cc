import assert from "node:assert/strict";
import { test } from "node:test";
import { PERIOD, Player, cellsOf, median } from "../../web/player.js";

const MASK = 2;
const reveal = (position, token) => ({ position, token, log_prob: -1 });
// A prompt of one token, then three masks lifted in two calls.
const FRAMES = [
  { step: 0, tokens: [9, MASK, MASK, MASK], revealed: [], predictions: [] },
  { step: 1, tokens: [9, MASK, 5, MASK], revealed: [reveal(2, 5)], predictions: [] },
  { step: 2, tokens: [9, 6, 5, 7], revealed: [reveal(1, 6), reveal(3, 7)], predictions: [] },
];

function filled() {
  const player = new Player();
  player.reset();
  player.total = 32;
  for (const frame of FRAMES) player.put(frame, 0);
  return player;
}

test("playback is never ahead of the frames there are, and waits for more", () => {
  const player = filled();
  assert.equal(player.shown, 0);
  assert.equal(player.tick(PERIOD - 1), false);
  assert.equal(player.tick(PERIOD), true);
  assert.equal(player.tick(2 * PERIOD), true);
  assert.equal(player.tick(9 * PERIOD), false);
  assert.equal(player.shown, 2);
  assert.equal(player.playing, true);
});

test("speed divides the time a call stays on screen", () => {
  const player = filled();
  player.speed = 4;
  assert.equal(player.tick(PERIOD / 4 - 1), false);
  assert.equal(player.tick(PERIOD / 4), true);
});

test("playback rests at the end of a run, and play starts it over", () => {
  const player = filled();
  player.end(3);
  assert.equal(player.total, 2, "a run may use fewer calls than it was given");
  player.seek(Infinity, 0);
  assert.equal(player.shown, 2);
  player.play(0);
  assert.deepEqual([player.shown, player.playing], [0, true]);
  player.tick(PERIOD);
  player.tick(2 * PERIOD);
  assert.equal(player.playing, false);
});

test("scrubbing pauses and stays among the frames there are", () => {
  const player = filled();
  player.seek(99, 0);
  assert.deepEqual([player.shown, player.playing], [2, false]);
  player.seek(-1, 0);
  assert.equal(player.shown, 0);
});

test("a cell is masked, then fresh, then revealed; the prompt is always the prompt", () => {
  const states = (k) => cellsOf(FRAMES, k, MASK).map(({ state }) => state);
  assert.deepEqual(states(0), ["prompt", "masked", "masked", "masked"]);
  assert.deepEqual(states(1), ["prompt", "masked", "fresh", "masked"]);
  assert.deepEqual(states(2), ["prompt", "fresh", "revealed", "fresh"]);
  assert.equal(cellsOf(FRAMES, 2, MASK)[2].step, 1);
});

test("median", () => {
  assert.equal(median([]), undefined);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});
