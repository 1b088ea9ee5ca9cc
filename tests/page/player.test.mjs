import assert from "node:assert/strict";
import { test } from "node:test";
import { PERIOD, Player } from "../../web/player.js";

function filled() {
  const player = new Player();
  player.reset();
  player.total = 32;
  for (const last of [0, 1, 2]) player.reach(last, 0);
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
  player.end(2);
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

test("a shorter run beside a longer one takes nothing back", () => {
  const player = filled();
  player.reach(1, 0);
  assert.equal(player.last, 2);
});
