import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, probe } from "../../web/adapter.js";

const gpu = (adapter) => ({ requestAdapter: async () => adapter });
const outcome = async (...asked) => (await probe(...asked)).outcome;

test("each way to be without a GPU has its own outcome and words", async () => {
  assert.deepEqual(await probe(undefined), { outcome: "no-api", words: "this browser has no WebGPU" });
  assert.match((await probe(undefined, false)).words, /only to pages on https or localhost/);
  assert.equal(await outcome(gpu(null)), "no-adapter");
  const broken = { requestAdapter: async () => { throw new Error("driver too old"); } };
  assert.match((await probe(broken)).words, /no graphics adapter for WebGPU \(driver too old\)/);
});

test("a software adapter is told from a real one, however it shows itself", async () => {
  assert.equal(await outcome(gpu({ info: { vendor: "nvidia", architecture: "ampere" } })), "hardware");
  assert.equal(await outcome(gpu({ info: { vendor: "google", architecture: "swiftshader" } })), "software");
  assert.equal(await outcome(gpu({ info: { description: "llvmpipe (LLVM 15)" } })), "software");
  assert.equal(await outcome(gpu({ info: { isFallbackAdapter: true } })), "software");
  assert.equal(await outcome(gpu({})), "hardware", "a browser that hides what it has is believed; the self-test decides");
});

test("auto takes a real GPU only, and whoever asks by name gets that or an error", async () => {
  const found = (outcome) => ({ outcome, words: outcome });
  const backend = (wanted, outcome) => decide(wanted, found(outcome)).backend;
  assert.equal(backend("auto", "hardware"), "gpu");
  for (const outcome of ["software", "no-adapter", "no-api"]) assert.equal(backend("auto", outcome), "cpu");
  assert.match(decide("auto", found("software")).reason, /never takes a software adapter/);
  assert.equal(backend("cpu", "hardware"), "cpu");
  assert.equal(backend("gpu", "software"), "gpu");
  assert.throws(() => decide("gpu", found("no-api")), /asked for, but no-api/);
});
