import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, probe } from "../../web/adapter.js";
import { readAddress, withValue } from "../../web/address.js";
import { fetchBytes } from "../../web/load.js";

const CHUNKS = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];

function answer(headers, status = 200) {
  const body = new ReadableStream({
    start(out) {
      CHUNKS.forEach((chunk) => out.enqueue(chunk));
      out.close();
    },
  });
  return async () => new Response(body, { status, statusText: status === 404 ? "Not Found" : "", headers });
}

async function told(headers) {
  const heard = [];
  const bytes = await fetchBytes("x", { fetch: answer(headers), onProgress: (...now) => heard.push(now) });
  assert.deepEqual([...bytes], [1, 2, 3, 4, 5]);
  return heard;
}

test("progress counts up to the length", async () => {
  assert.deepEqual(await told({ "content-length": "5" }), [[0, 5], [3, 5], [5, 5]]);
});

test("a compressed answer's length is not believed", async () => {
  const heard = await told({ "content-length": "4", "content-encoding": "gzip" });
  assert.deepEqual(heard.at(-1), [5, undefined]);
});

test("a missing file is named with its status; an optional one is nothing", async () => {
  const fetch = answer({}, 404);
  await assert.rejects(fetchBytes("models/a/config.json", { fetch }), /models\/a\/config\.json.*404 Not Found\./);
  assert.equal(await fetchBytes("self_test.json", { fetch: answer({}, 404), optional: true }), undefined);
});

test("a network failure names the file", async () => {
  const fetch = async () => {
    throw new TypeError("offline");
  };
  await assert.rejects(fetchBytes("a.bin", { fetch, optional: true }), /a\.bin could not be fetched: offline/);
});

test("the address: defaults, values, and refusals that say what is accepted", () => {
  assert.deepEqual(readAddress(""), { model: "default", backend: "auto", autorun: true });
  assert.deepEqual(readAddress("?model=tiny-2&backend=cpu&autorun=0"), { model: "tiny-2", backend: "cpu", autorun: false });
  for (const name of ["", "../up", "A", "a/b", "a.b", "a b"]) {
    assert.throws(() => readAddress(`?model=${encodeURIComponent(name)}`), /small letters, digits and hyphens/);
  }
  assert.throws(() => readAddress("?backend=tpu"), /“tpu” is unknown: accepted are auto, gpu, cpu/);
  assert.equal(withValue("?model=a&backend=gpu", "backend", "cpu"), "?model=a&backend=cpu");
});

const gpu = (adapter) => ({ requestAdapter: async () => adapter });

test("four outcomes of looking for a GPU, and what auto makes of them", async () => {
  const none = await probe(undefined);
  const empty = await probe(gpu(null));
  const software = await probe(gpu({ info: { vendor: "google", architecture: "swiftshader" } }));
  const hardware = await probe(gpu({ info: { vendor: "nvidia", architecture: "hopper" } }));
  const outcomes = [none, empty, software, hardware].map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ["no-api", "no-adapter", "software", "hardware"]);

  assert.deepEqual([none, empty, software, hardware].map((found) => decide("auto", found).backend), ["cpu", "cpu", "cpu", "gpu"]);
  assert.match(decide("auto", software).reason, /swiftshader.*auto never takes a software adapter/);
  assert.equal(decide("gpu", software).backend, "gpu", "asked for by name, software is taken");
  assert.throws(() => decide("gpu", empty), /asked for, but .* found no graphics adapter/);
  assert.equal(decide("cpu", hardware).backend, "cpu");
  assert.equal((await probe(gpu({ isFallbackAdapter: true, info: {} }))).outcome, "software");
});
