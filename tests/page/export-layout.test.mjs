import assert from "node:assert/strict";
import { test } from "node:test";
import { CELL, faceOf, layOut } from "../../web/export/layout.js";
import { advances, cut, visible, widthOf, wrap } from "../../web/export/measure.js";
import { MASK, VOCABULARY, aRun } from "./export-run.mjs";

const WIDTHS = [540, 680];

/** Every cell within its line, none over another, in reading order. */
function assertSet({ places, height }, width) {
  places.forEach(({ x, y, width: wide }, at) => {
    assert.ok(x >= 0 && x + wide <= width + 1e-9, `cell ${at} ends at ${x + wide} of ${width}`);
    assert.ok(y >= 0 && y + CELL.height <= height, `cell ${at} ends at ${y + CELL.height} of ${height}`);
    const before = places[at - 1];
    if (!before) return;
    const after = y === before.y ? x >= before.x + before.width : y >= before.y + CELL.height;
    assert.ok(after, `cell ${at} lies over the one before it`);
  });
}

test("no cell lies over another or leaves its line, at any frame", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const run = aRun({ seed, length: 128 });
    for (const width of WIDTHS) {
      for (const k of [0, 4, 8]) assertSet(layOut(run, [k], width), width);
      const steady = layOut(run, [...run.frames.keys()], width);
      assertSet(steady, width);
      assert.equal(steady.places.length, 128);
    }
  }
});

test("a layout for all frames has room for what every frame shows", () => {
  const run = aRun({ seed: 5 });
  // A position that is masked again, shows something wider, and at last something narrow.
  const { tokens } = run.frames.at(-1);
  for (const token of [MASK, 28, MASK, 12]) run.frames.push({ step: run.frames.length, tokens: tokens.with(10, token), revealed: [], predictions: [] });
  const { faces, places } = layOut(run, [...run.frames.keys()], 680);
  for (const frame of run.frames) {
    frame.tokens.forEach((token, at) => token === MASK || assert.ok(places[at].width >= faces.get(token).width, `position ${at}`));
  }
  assert.equal(places[10].width, Math.max(faces.get(tokens[10]).width, faces.get(28).width));
});

test("laid out for one frame, masks do not tell how long the tokens to come are", () => {
  const [one, other] = [aRun({ seed: 1 }), aRun({ seed: 2 })];
  assert.notDeepEqual(one.frames[8].tokens, other.frames[8].tokens);
  assert.deepEqual(layOut(one, [0], 680).places, layOut(other, [0], 680).places);
});

test("a line ends after a line end, and within a word only when the word is longer than a line", () => {
  const of = (...ids) => layOut({ mask: MASK, vocabulary: VOCABULARY, frames: [{ tokens: ids }] }, [0], 540).places;
  const lines = (places) => places.map(({ y }) => (y - places[0].y) / CELL.pitch);
  assert.deepEqual(lines(of(3, 9, 4, 10, 5)), [0, 0, 1, 1, 2]);
  // 30 pieces of a word break anywhere; a word that fits into a line does not.
  assert.ok(lines(of(...Array(30).fill(13))).at(-1) > 0);
  const wide = of(...Array(15).fill(29), 29, 13, 13);
  assert.equal(new Set(wide.slice(-3).map(({ y }) => y)).size, 1);
});

test("a token longer than a line is set smaller, and only then cut", () => {
  const dots = faceOf(" ".repeat(60), 540);
  assert.equal(dots.text, "·".repeat(60));
  assert.ok(dots.size < CELL.size && dots.size >= CELL.least);
  const long = faceOf(VOCABULARY[27], 540);
  assert.equal(long.size, CELL.least);
  assert.ok(long.text.endsWith("…") && long.width <= 540);
});

test("text is never taken for narrower than it is in advances", () => {
  assert.equal(advances("the cat"), 7);
  assert.equal(advances("漢字"), 4);
  assert.equal(advances("🦊"), 2);
  assert.equal(advances("e\u0301"), 1);
  assert.equal(advances("“↵…”"), 4);
});

test("what cannot be seen or would turn the text becomes a sign", () => {
  assert.equal(visible("a\tb\u0000"), "a␉b␀");
  assert.equal(visible("\u202ea\ud800\uffff"), "\u{fffd}a\u{fffd}\u{fffd}");
  assert.equal(visible("<é漢🦊>"), "<é漢🦊>");
});

test("sentences break at spaces, and a word wider than a line is cut", () => {
  const lines = wrap("one two three fourteenlettersandmore five", 10, 60);
  assert.deepEqual(lines, ["one two", "three", "fourteenl…", "five"]);
  for (const line of lines) assert.ok(widthOf(line, 10) <= 60);
  assert.equal(cut("漢字漢字", 10, 30), "漢字…");
});
