import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CARDS } from "../../web/guide/cards.js";
import { DEFAULTS } from "../../web/lab/look.js";
import { readHash } from "../../web/lab/state.js";

const words = (text) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

test("six cards of 80 to 130 words each, with what to look at", () => {
  assert.equal(CARDS.length, 6);
  for (const { title, text, look } of CARDS) {
    const count = words([...text, look].join(" "));
    assert.ok(count >= 80 && count <= 130, `${title}: ${count} words`);
    assert.ok(words(look) >= 10, title);
  }
  assert.equal(new Set(CARDS.map(({ title }) => title)).size, 6);
});

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const RANGES = {
  schedule: (value) => DEFAULTS.includes(value),
  order: (value) => readme.includes(`\`${value}\``),
  rule: (value) => value === "",
  steps: (value) => Number.isInteger(value) && value >= 1 && value <= 128,
  temperature: (value) => value === 1,
  seed: (value) => Number.isSafeInteger(value) && value >= 0,
};

test("a card sets all that its words are about, to what the page accepts", () => {
  for (const { title, patch } of CARDS) {
    assert.deepEqual(Object.keys(patch).sort(), ["colour", "compare", "settings"], title);
    assert.deepEqual(Object.keys(patch.settings).sort(), Object.keys(RANGES).sort(), title);
    for (const [name, value] of [...Object.entries(patch.settings), ...Object.entries(patch.compare ?? {})]) {
      assert.ok(RANGES[name]?.(value), `${title}: ${name} is ${value}`);
    }
    assert.ok(["step", "confidence", "entropy", "none"].includes(patch.colour), title);
  }
});

test("runs stand side by side for one difference only, and all but the last card are within the guarantees", () => {
  for (const [at, { title, patch }] of CARDS.entries()) {
    if (patch.compare) assert.equal(Object.keys(patch.compare).length, 1, title);
    for (const [name, value] of Object.entries(patch.compare ?? {})) assert.notEqual(value, patch.settings[name], title);
    assert.equal(patch.settings.order, "random", title);
    if (at < 5) assert.equal(patch.compare?.order, undefined, title);
  }
});

test("links go to arXiv, or to a state of the lab that the lab reads", () => {
  for (const { title, links } of CARDS) {
    for (const { words: label, to } of links) {
      assert.ok(label, title);
      if (to === "https://arxiv.org/abs/2602.20126") continue;
      assert.match(to, /^lab\/#/, title);
      const state = readHash(to.slice("lab/".length), { length: [2, 256], schedules: DEFAULTS });
      assert.equal(state.length, 64, to);
    }
  }
});

test("a schedule of ours is called ours wherever its derivation is told", () => {
  const all = CARDS.flatMap(({ text, look }) => [...text, look]).join(" ");
  assert.match(all, /adaptive-tc and adaptive-dtc: after Zhao & Cai 2026; our derivation/);
  assert.match(all, /adaptive-min, which is ours/);
});
