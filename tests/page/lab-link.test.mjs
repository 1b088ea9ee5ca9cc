import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../web/lab/look.js";
import { KEPT, MOST_BYTES, firstState, readHash, reduce, writeHash } from "../../web/lab/state.js";

const OFFER = { length: [2, 256], schedules: [...DEFAULTS, "one-at-a-time", "best-fixed-tc", "profile-optimal"] };
const read = (hash) => readHash(hash, OFFER);
const refused = (hash, words) => assert.throws(() => read(hash), words, hash);

/** Random numbers that are the same at each run. */
function dice(seed) {
  let state = seed >>> 0;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const LAWS = ["reed-solomon:k=23,q=256", "markov:flip=1e-1", "mixture:0.1,0.9", "hmm:states=8,symbols=16,seed=1", "a law+50%&more=#1", "x"];

function anyState(roll) {
  const length = 2 + roll(255);
  const steps = 1 + roll(length);
  const seed = () => (BigInt(roll(2 ** 32)) << 32n) | BigInt(roll(2 ** 32));
  return {
    law: LAWS[roll(LAWS.length)],
    length,
    steps,
    wanted: steps,
    schedules: OFFER.schedules.filter(() => roll(2) === 1),
    focus: OFFER.schedules[roll(OFFER.schedules.length)],
    seeds: Array.from({ length: 1 + roll(KEPT) }, seed),
  };
}

test("any state comes back from its link, which is short and has nothing in it to be escaped by a chat", () => {
  const roll = dice(7);
  for (let round = 0; round < 500; round += 1) {
    const state = anyState(roll);
    const hash = writeHash(state);
    assert.ok(hash.length <= MOST_BYTES);
    assert.match(hash, /^#[A-Za-z0-9\-_.!~*'():=,%&]+$/);
    assert.deepEqual(reduce(firstState([1n]), { type: "open", ...read(hash) }), state, hash);
  }
});

test("an empty address asks for nothing; a link need not say all, and then the draws on screen stay", () => {
  assert.equal(read(""), undefined);
  assert.equal(read("#"), undefined);
  const { seeds, wanted, ...first } = firstState([5n]);
  assert.deepEqual(read("#v=1"), first);
  const opened = reduce(firstState([5n, 6n]), { type: "open", ...read("#v=1&law=parity:q=2&focus=uniform") });
  assert.deepEqual(opened, { ...firstState([5n, 6n]), law: "parity:q=2", focus: "uniform" });
  assert.equal(read("#v=1&length=4").steps, 4, "the usual number of calls, or as many as there are tokens");
  assert.deepEqual(read("#v=1&schedules=").schedules, []);
});

test("what a link set is as good as set by hand: the wish for calls is its own", () => {
  const opened = reduce(firstState([5n]), { type: "open", ...read("#v=1&length=64&steps=40") });
  const shorter = reduce(opened, { type: "set", length: 10, seed: 9n });
  assert.equal(shorter.steps, 10);
  assert.equal(reduce(shorter, { type: "set", length: 64, seed: 9n }).steps, 40);
});

test("a link of another version is explained", () => {
  refused("#law=parity:q=2", /does not say its version \(v=1\)/);
  refused("#v=2&law=parity:q=2&new=thing", /version 2, made by a newer lab; this one reads version 1/);
  refused(`#v=${"9".repeat(400)}`, /newer lab/);
  for (const version of ["0", "", "one", "1.5", "-1", "1e9", "NaN"]) refused(`#v=${version}`, /its version is “.*”; this lab reads version 1/);
});

test("a value out of range is named, with what would be accepted", () => {
  refused("#v=1&length=1", /length is “1”; accepted are whole numbers from 2 to 256/);
  refused("#v=1&length=257", /from 2 to 256/);
  refused("#v=1&length=64&steps=65", /steps is “65”; accepted are whole numbers from 1 to the length, 64/);
  refused("#v=1&steps=65", /the length, 64/);
  refused("#v=1&steps=0", /from 1 to 256/);
  for (const bad of ["", "4.5", "-4", "+4", "0x10", "1e1", " 8", "８", "Infinity", "4".repeat(300)]) {
    refused(`#v=1&length=${encodeURIComponent(bad)}`, /length is “/);
  }
  refused("#v=1&focus=fastest", /schedule is “fastest”; accepted is a name of the lab’s list/);
  refused("#v=1&schedules=uniform,fastest", /“fastest”/);
  refused("#v=1&schedules=uniform,uniform", /schedules is “uniform,uniform”; accepted are different ones/);
  for (const seeds of ["", "-1", "x", "1,,2", "1.5", String(1n << 64n), Array(KEPT + 1).fill("1").join()]) {
    refused(`#v=1&seeds=${seeds}`, /seeds is “/);
  }
  assert.deepEqual(read(`#v=1&seeds=${(1n << 64n) - 1n},0`).seeds, [(1n << 64n) - 1n, 0n]);
});

test("before the schedules are known any name goes, but nothing else than a name", () => {
  const early = (hash) => readHash(hash, { length: [2, 256] });
  assert.equal(early("#v=1&focus=fastest").focus, "fastest");
  for (const focus of ["", "<b>", "a b", "__proto__", "a".repeat(41)]) {
    assert.throws(() => early(`#v=1&focus=${encodeURIComponent(focus)}`), /schedule is “/, focus);
  }
});

test("hostile links are refused, and their text is cut short", () => {
  refused("#v=1&toString=1", /holds “toString”, which this lab does not know/);
  refused("#v=1&__proto__=1", /does not know/);
  refused("#v=1&constructor=x", /does not know/);
  refused("#v=1&wanted=9", /does not know/);
  refused("#v=1&law=parity:q=2&law=repetition:q=2", /law is given twice/);
  refused("#v=1&v=1", /v is given twice/);
  refused("#v=1&v=2", /v is given twice/);
  for (const law of ["", " ", "\u202Eparity", "a\nb", "parity:q=2 ", "\u0000", "é"]) refused(`#v=1&law=${encodeURIComponent(law)}`, /law is “/);
  refused("#v=1&law=%E0%A4%A", /law is “/);
  refused(`#v=1&${"x".repeat(1000)}=1`, /holds “x{30}…”/);
  refused(`#v=1&law=${"a".repeat(MOST_BYTES)}`, /it has 2057 bytes; a link has at most 2048/);
  assert.equal(read(`#v=1&law=${"a".repeat(MOST_BYTES - 9)}`).law.length, MOST_BYTES - 9);
});

test("random bytes are read as a state or refused with words, and never anything else", () => {
  const roll = dice(11);
  const pieces = ["v=1", "&", "=", "law", "length", "steps", "seeds", "8", "64", ",", "%", "%41", "uniform", "focus", "#", "+", "\u00e9", "schedules"];
  let taken = 0;
  for (let round = 0; round < 5000; round += 1) {
    const hash = `#v=1&${Array.from({ length: roll(12) }, () => pieces[roll(pieces.length)]).join("")}`;
    try {
      const { length, steps, schedules } = read(hash);
      assert.ok(length >= 2 && length <= 256 && steps >= 1 && steps <= length && Array.isArray(schedules), hash);
      taken += 1;
    } catch (fault) {
      assert.equal(fault.constructor, Error, `${hash}: ${fault}`);
      assert.ok(fault.message.length < 150, fault.message);
    }
  }
  assert.ok(taken > 10, `${taken} were taken`);
});

test("a state that is too long for a link is not written", () => {
  const state = { ...firstState([1n]), law: `mixture:${Array(600).fill("0.5").join()}` };
  assert.throws(() => writeHash(state), /would take \d+ bytes; a link holds 2048/);
});
