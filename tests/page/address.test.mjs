import assert from "node:assert/strict";
import { test } from "node:test";
import { readAddress, withValue } from "../../web/address.js";

test("an empty address asks for the default model, for auto, and for a run", () => {
  assert.deepEqual(readAddress(""), { model: "default", backend: "auto", autorun: true });
  assert.deepEqual(readAddress("?model=test&backend=cpu&autorun=0"), { model: "test", backend: "cpu", autorun: false });
});

test("what is not accepted is named", () => {
  assert.throws(() => readAddress("?backend=tpu"), /“tpu” is unknown: accepted are auto, gpu, cpu/);
  for (const model of ["../secret", "a/b", "a.b", "a b", "", "A"]) {
    assert.throws(() => readAddress(`?model=${encodeURIComponent(model)}`), /not accepted/, model);
  }
});

test("a link changes one value and keeps the others", () => {
  assert.equal(withValue("?model=test&backend=gpu", "backend", "cpu"), "?model=test&backend=cpu");
  assert.equal(withValue("", "backend", "gpu"), "?backend=gpu");
});
