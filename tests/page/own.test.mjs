import assert from "node:assert/strict";
import { test } from "node:test";
import { sort } from "../../web/own.js";

const files = (...names) => names.map((name) => ({ name }));

test("a model is its three files, whatever the weights are called if there are no others", () => {
  const found = sort(files("tokenizer.json", "mine.safetensors", "config.json", "README.md", "self_test.json"));
  assert.deepEqual([found.kind, found.files.weights.name, found.files.selfTest.name], ["model", "mine.safetensors", "self_test.json"]);
  assert.equal(sort(files("a.safetensors", "model.safetensors", "tokenizer.json", "config.json")).files.weights.name, "model.safetensors");
});

test("a trace is one file of lines", () => assert.equal(sort(files("run.jsonl")).kind, "trace"));

test("what is missing is named beside what is there", () => {
  assert.throws(() => sort(files("model.safetensors", "config.json")), /missing: tokenizer.json; given: model.safetensors, config.json/);
  assert.throws(() => sort(files("photo.png")), /Neither a trace .* nor a model .*: photo.png/);
  assert.throws(() => sort([]), /no file/);
  assert.throws(() => sort(files("a.safetensors", "b.safetensors", "config.json", "tokenizer.json")), /missing: model.safetensors/);
});
