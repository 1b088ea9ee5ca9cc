import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench } from "../../web/lab/bench.js";
import { Courier } from "../../web/lab/courier.js";
import { hold, move, nearest } from "../../web/lab/cursor.js";
import { DEFAULTS, lookOf } from "../../web/lab/look.js";
import { KEPT, firstState, reduce } from "../../web/lab/state.js";

const START = firstState([1n, 2n, 3n]);

test("more calls than tokens cannot be asked for", () => {
  const shorter = reduce(START, { type: "set", length: 4, seed: 9n });
  assert.deepEqual([shorter.length, shorter.steps], [4, 4]);
  // The wish comes back with the tokens.
  assert.equal(reduce(shorter, { type: "set", length: 64, seed: 9n }).steps, START.steps);
  assert.equal(reduce(shorter, { type: "set", steps: 2, seed: 9n }).steps, 2);
});

test("a control draws the newest grid anew and keeps the earlier ones; a draw pushes them down, up to a number", () => {
  assert.deepEqual(reduce(START, { type: "set", steps: 5, seed: 9n }).seeds, [9n, 2n, 3n]);
  let state = reduce(START, { type: "draw", seed: 9n });
  assert.deepEqual(state.seeds, [9n, 1n, 2n, 3n]);
  for (let seed = 0n; seed < 20n; seed += 1n) state = reduce(state, { type: "draw", seed });
  assert.equal(state.seeds.length, KEPT);
});

test("schedules keep the order of the list, whatever the order of the ticks", () => {
  const all = ["a", "b", "c"];
  let state = { ...START, schedules: ["c"] };
  state = reduce(state, { type: "show", name: "a", on: true, all });
  assert.deepEqual(state.schedules, ["a", "c"]);
  assert.deepEqual(reduce(state, { type: "show", name: "c", on: false, all }).schedules, ["a"]);
});

test("what is no control does not get into the state, and an unknown action is an error", () => {
  assert.equal("all" in reduce(START, { type: "set", steps: 5, seed: 9n, all: ["a"] }), false);
  assert.throws(() => reduce(START, { type: "jump" }), /no such action: jump/);
});

test("no two of 21 schedules look alike", () => {
  const all = [...DEFAULTS, ...Array.from({ length: 14 }, (_, at) => `other-${at}`)];
  const looks = all.map((name) => lookOf(name, all)).map(({ colour, mark }) => `${colour} ${mark}`);
  assert.equal(new Set(looks).size, all.length);
});

test("while the worker is busy only the newest wish is kept", () => {
  const sent = [];
  const courier = new Courier((wish) => sent.push(wish));
  courier.ask({ id: 1 });
  assert.deepEqual(sent, [], "nothing before the worker is ready");
  courier.open();
  for (const id of [2, 3, 4]) courier.ask({ id });
  courier.open();
  courier.open();
  assert.deepEqual(sent.map(({ id }) => id), [1, 4]);
  courier.ask({ id: 5 });
  assert.equal(sent.at(-1).id, 5, "an idle worker gets the next wish at once");
});

const LINES = [[[0, 5], [10, 5], [20, 5]], [[0, 50], [30, 50]]];

test("arrow keys move along a line and to the nearest point of the next, and stop at the ends", () => {
  assert.deepEqual(move("ArrowRight", null, LINES), { line: 0, point: 0 }, "the first key only shows the cursor");
  assert.deepEqual(move("ArrowRight", { line: 0, point: 0 }, LINES), { line: 0, point: 1 });
  assert.deepEqual(move("ArrowLeft", { line: 0, point: 0 }, LINES), { line: 0, point: 0 });
  assert.deepEqual(move("End", { line: 0, point: 0 }, LINES), { line: 0, point: 2 });
  assert.deepEqual(move("ArrowDown", { line: 0, point: 2 }, LINES), { line: 1, point: 1 });
  assert.deepEqual(move("ArrowDown", { line: 1, point: 1 }, LINES), { line: 1, point: 1 });
  assert.equal(move("Tab", { line: 0, point: 0 }, LINES), null);
  assert.equal(move("ArrowDown", null, []), null);
});

test("the cursor stays among the points there are, and the pointer finds the nearest", () => {
  assert.deepEqual(hold({ line: 5, point: 7 }, LINES), { line: 1, point: 1 });
  assert.equal(hold({ line: 0, point: 0 }, []), null);
  assert.deepEqual(nearest(12, 9, LINES), { line: 0, point: 1 });
  assert.deepEqual(nearest(12, 40, LINES), { line: 1, point: 0 });
});

/** A law that counts what it is asked. */
function bench() {
  const asked = [];
  let open = 0;
  const made = new Bench((spec, length) => {
    if (spec === "bad") throw new Error("there is no such law");
    open += 1;
    return {
      free: () => (open -= 1),
      profile: () => JSON.stringify({ law: spec, length, h: [1] }),
      curves: (names, steps) => {
        asked.push(`curves ${names} ${[...steps]}`);
        const rows = names.split(",").filter(Boolean).flatMap((schedule) => [...steps].map((at) => ({ schedule, steps: at, kl_grid: 1, kl_law: null })));
        return JSON.stringify({ rows, bounds: [...steps].map((at) => ({ steps: at, oracle: 0 })) });
      },
      plan: (name, steps) => (asked.push(`plan ${name} ${steps}`), JSON.stringify({ presence: [0.5], kl_grid: 1, kl_law: null })),
      grid: (name, steps, seed) => (asked.push(`grid ${seed}`), Uint32Array.of(Number(seed), 99)),
    };
  });
  return { made, asked, open: () => open };
}

const WISH = { law: "x", length: 4, steps: 3, schedules: ["a", "b"], focus: "b", seeds: [7n, 8n] };

test("an answer has each schedule at each number of calls, and a grid for each seed", () => {
  const { made } = bench();
  const { rows, bounds, plans, focus, grids } = made.answer(WISH);
  assert.deepEqual(rows.map(({ schedule, steps }) => `${schedule}${steps}`), ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"]);
  assert.deepEqual(bounds.map(({ steps }) => steps), [1, 2, 3, 4]);
  assert.deepEqual([plans.map(({ schedule }) => schedule), focus.schedule], [["a", "b"], "b"]);
  assert.deepEqual(grids, [[7, 99], [8, 99]]);
});

test("only what is new is computed", () => {
  const { made, asked } = bench();
  made.answer(WISH);
  asked.length = 0;
  made.answer({ ...WISH, seeds: [9n, 7n] });
  assert.deepEqual(asked, ["grid 9"]);
  asked.length = 0;
  const { rows } = made.answer({ ...WISH, length: 4, steps: 2, seeds: [] });
  assert.deepEqual(asked, ["plan a 2", "plan b 2"], "2 is a power of two: its curves are known");
  assert.equal(rows.length, 6);
  asked.length = 0;
  made.answer({ ...WISH, schedules: [], seeds: [] });
  assert.deepEqual(asked, ["curves b 1,2,3,4"], "without schedules there are still bounds");
});

test("a law that cannot be opened leaves the one before; one that can replaces and frees it", () => {
  const { made, open } = bench();
  made.answer(WISH);
  assert.throws(() => made.answer({ ...WISH, law: "bad" }), /no such law/);
  assert.equal(made.answer(WISH).profile.law, "x");
  made.answer({ ...WISH, law: "y" });
  assert.equal(open(), 1);
});
