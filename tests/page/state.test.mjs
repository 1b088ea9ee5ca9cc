import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runOfTrace, sameSettings } from "../../web/run.js";
import { COLOURS, MOST_BYTES, firstState, readHash, wanted, writeHash } from "../../web/state.js";

/** Numbers that look random and are the same in every run (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function someState(next) {
  const whole = (most) => Math.floor(next() * most);
  const pick = (list) => list[whole(list.length)];
  const settings = {
    prompt: pick(["", "Once upon a time", "a & b = c # d + %", "naïve ✓ 日本\n<b>", "x".repeat(whole(200))]),
    pins: Array.from({ length: whole(40) }, (_, at) => [at * 3 + whole(3), whole(50_000)]),
    schedule: pick(["adaptive-min", "uniform", "power:p=2", "adaptive-tc:draw=iid"]),
    order: pick(["random", "most-confident:soft=0.2"]),
    rule: pick(["", "threshold:tau=0.9"]),
    steps: 1 + whole(128),
    temperature: pick([0, 1, 0.05, 10]),
    seed: pick([0, 7, Number.MAX_SAFE_INTEGER]),
  };
  const compare = pick([null, {}, { schedule: "cosine" }, { steps: 8, temperature: 0 }, { rule: "factor:f=1", seed: 2 }]);
  return { settings, compare, colour: pick(COLOURS), frame: pick([undefined, 0, 12]) };
}

test("what is written is read, for a thousand states", () => {
  const next = random(1);
  for (let at = 0; at < 1000; at += 1) {
    const state = someState(next);
    const hash = writeHash(state);
    assert.ok(hash.length <= MOST_BYTES);
    assert.deepEqual(readHash(hash), state, hash);
  }
});

test("an empty hash says nothing, and the first state takes few bytes", () => {
  assert.equal(readHash(""), undefined);
  assert.equal(readHash("#"), undefined);
  assert.equal(writeHash(firstState()), "#v=1");
  assert.deepEqual(readHash("#v=1"), firstState());
});

test("what is wrong with a link is told with its name, its value and what is accepted", () => {
  const wrong = (hash, words) => assert.throws(() => readHash(hash), words, hash);
  wrong("#steps=8", /does not say its version/);
  wrong("#v=2&steps=8", /version 2, made by a newer page; this page reads version 1/);
  wrong("#v=one", /its version is “one”/);
  wrong("#v=1&steps=0", /steps is “0”; accepted are whole numbers from 1/);
  wrong("#v=1&steps=1e3", /steps is “1e3”/);
  wrong("#v=1&temperature=NaN", /temperature is “NaN”; accepted are numbers from 0 to 10/);
  wrong("#v=1&temperature=10.5", /temperature/);
  wrong("#v=1&seed=9007199254740993", /seed/);
  wrong("#v=1&schedule=<img src=x>", /schedule is “<img src=x>”/);
  wrong("#v=1&colour=red", /colour is “red”; accepted are step, confidence, entropy, none/);
  wrong("#v=1&pins=5.1_5.2", /order of their positions/);
  wrong("#v=1&pins=5", /pins hold “5”/);
  wrong("#v=1&b.prompt=x", /b.prompt/);
  wrong("#v=1&steps=8&steps=9", /steps is given twice/);
  wrong("#v=1&__proto__=1", /does not know/);
  wrong(`#v=1&prompt=${"x".repeat(MOST_BYTES)}`, /a link has at most 2048/);
});

test("a state that is too long for a link says so instead of being cut", () => {
  const state = firstState();
  state.settings.prompt = "x".repeat(3000);
  assert.throws(() => writeHash(state), /takes \d+ bytes in a link; a link holds 2048/);
});

test("the page opens with the run that was recorded first, so that the model can take over", () => {
  const folder = new URL("../../assets/traces/", import.meta.url);
  const [first] = JSON.parse(readFileSync(new URL("index.json", folder), "utf8"));
  const run = runOfTrace(readFileSync(new URL(first.file, folder), "utf8"), "recorded");
  assert.ok(sameSettings(run.settings, wanted(firstState().settings)), JSON.stringify(run.settings));
});

test("a rule takes the place of schedule and order, and a schedule of the second run that of a rule", () => {
  const { settings } = firstState();
  assert.deepEqual(Object.keys(wanted(settings)), ["prompt", "pins", "schedule", "order", "steps", "temperature", "seed"]);
  const ruled = { ...settings, rule: "threshold:tau=0.9" };
  assert.deepEqual(Object.keys(wanted(ruled)), ["prompt", "pins", "rule", "steps", "temperature", "seed"]);
  assert.equal(wanted(ruled, { schedule: "cosine" }).schedule, "cosine");
  assert.equal(wanted(settings, { rule: "factor:f=1" }).schedule, undefined);
  assert.equal(wanted(settings, { steps: 4 }).steps, 4);
});
