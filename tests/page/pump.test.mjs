import assert from "node:assert/strict";
import { test } from "node:test";
import { Pump } from "../../web/pump.js";

/** Lets runs of some calls each go, and tells in which order they were made. */
function order(add) {
  const made = [];
  const left = new Map();
  return new Promise((resolve) => {
    const pump = new Pump(
      async (id) => {
        made.push(id);
        left.set(id, left.get(id) - 1);
        return left.get(id) > 0;
      },
      async () => resolve(made),
    );
    add((id, calls, together) => {
      left.set(id, calls);
      pump.add(id, together);
    }, pump, made);
  });
}

test("runs that are compared take turns; a shorter one ends earlier", async () => {
  const made = await order((add) => {
    add(1, 2, true);
    add(2, 4, true);
  });
  assert.deepEqual(made, [1, 2, 1, 2, 2, 2]);
});

test("other runs are made one after the other", async () => {
  const made = await order((add) => {
    add(1, 2, false);
    add(2, 2, false);
  });
  assert.deepEqual(made, [1, 1, 2, 2]);
});

test("a run that is removed makes no further call, and those behind it go on", async () => {
  const made = await order((add, pump) => {
    add(1, 100, false);
    add(2, 1, false);
    setTimeout(() => assert.ok(pump.remove(1)), 20);
  });
  assert.ok(made.length > 1 && made.length < 101 && made.at(-1) === 2, String(made.length));
});
