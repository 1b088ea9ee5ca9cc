import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { fetchFile } from "../../web/store/files.js";

const ROOT = new URL("http://page/");
const BYTES = new TextEncoder().encode("weights");

async function hash(bytes) {
  const digest = new Uint8Array(await webcrypto.subtle.digest("SHA-256", bytes));
  return Buffer.from(digest).toString("hex");
}

/** A site of some files, and a browser that keeps what it is told to. */
async function world({ served = BYTES, put } = {}) {
  const files = { "model.bin": { url: "model.abc.bin", sha256: await hash(BYTES), bytes: BYTES.length } };
  const store = new Map();
  const asked = [];
  const cache = {
    match: async (url) => store.get(url)?.clone(),
    put: put ?? (async (url, answer) => void store.set(url, answer)),
    delete: async (url) => store.delete(url),
    keys: async () => [...store.keys()].map((url) => ({ url })),
  };
  const fetch = async (url) => {
    asked.push(String(url).slice(ROOT.href.length));
    if (String(url).endsWith("files.json")) return Response.json({ version: "1", files });
    if (String(url).endsWith("model.abc.bin")) return new Response(served);
    return new Response("", { status: 404 });
  };
  return { store, asked, fetch, caches: { open: async () => cache }, crypto: webcrypto, root: ROOT };
}

test("a file is fetched once, under the name of its content, and then kept", async () => {
  const site = await world();
  assert.deepEqual(await fetchFile("model.bin", {}, site), BYTES);
  assert.deepEqual(await fetchFile("model.bin", {}, site), BYTES);
  assert.deepEqual(site.asked.filter((one) => one !== "files.json"), ["model.abc.bin"]);
});

test("what arrives broken is named and not kept", async () => {
  const site = await world({ served: new TextEncoder().encode("weighty") });
  await assert.rejects(fetchFile("model.bin", {}, site), /model.bin arrived broken: 7 bytes of SHA-256 [0-9a-f]{12}, not 7 of/);
  assert.equal(site.store.size, 0);
});

test("what was kept and has gone bad is fetched anew", async () => {
  const site = await world();
  site.store.set("http://page/model.abc.bin", new Response("rotten!"));
  assert.deepEqual(await fetchFile("model.bin", {}, site), BYTES);
  assert.equal(await site.store.get("http://page/model.abc.bin").text(), "weights");
});

test("a full disk costs nothing but the next download", async () => {
  const site = await world({ put: async () => { throw new DOMException("full", "QuotaExceededError"); } });
  assert.deepEqual(await fetchFile("model.bin", {}, site), BYTES);
  const none = { ...(await world()), caches: { open: async () => { throw new Error("not in a private window"); } } };
  assert.deepEqual(await fetchFile("model.bin", {}, none), BYTES);
});

test("versions that nobody names any more are thrown away", async () => {
  const site = await world();
  site.store.set("http://page/model.old.bin", new Response("old"));
  await fetchFile("model.bin", {}, site);
  assert.deepEqual([...site.store.keys()], ["http://page/model.abc.bin"]);
});

test("a file that the list does not name is fetched plainly, and may be missing", async () => {
  const site = await world();
  assert.equal(await fetchFile("models/test/self_test.json", { optional: true }, site), undefined);
  await assert.rejects(fetchFile("models/test/model.safetensors", {}, site), /models\/test\/model.safetensors could not be fetched: the server answered 404/);
});
