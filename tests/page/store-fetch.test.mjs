import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchBytes } from "../../web/store/fetch.js";

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
