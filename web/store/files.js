// The page's large files: kept by the browser after the first visit, and trusted only after a look at their SHA-256.
//
// files.json, which the build writes, says where a file lies under a name that changes with its content, and what its hash
// is. So a file that is kept is never an old one, and one that arrived broken never runs.

import { fetchBytes } from "./fetch.js";

/** The name under which the browser keeps them. */
export const KEPT = "unmask-files";

/** Where the site is; this module lies one floor down, and pages and workers at several. */
const ROOT = new URL("../", import.meta.url);

let listing; // the promise of files.json

/**
 * @typedef {{url: string, sha256: string, bytes: number}} Entry
 * @typedef {{version: string, files: Record<string, Entry>}} Listing
 * @typedef {{fetch?: typeof globalThis.fetch, caches?: CacheStorage, crypto?: Crypto, root?: URL}} World replaced in tests
 */

/** @param {World} world @returns {Promise<Listing>} empty when there is none, as while the page is being made */
async function list({ fetch = globalThis.fetch, root = ROOT }) {
  try {
    const answer = await fetch(new URL("files.json", root), { cache: "no-cache" });
    if (answer.ok) return await answer.json();
  } catch {
    // Without a list every file is fetched plainly.
  }
  return { version: "", files: {} };
}

/**
 * @param {string} name as in files.json: "unmask_bg.wasm", "models/default/config.json"
 * @param {{onProgress?: (loaded: number, total: number | undefined) => void, optional?: boolean}} [options]
 *   onProgress: bytes so far, bytes in all if known; optional: a file that is not there gives undefined
 * @param {World} [world]
 * @returns {Promise<Uint8Array | undefined>}
 * @throws {Error} a sentence that names the file
 */
export async function fetchFile(name, options = {}, world = {}) {
  const { root = ROOT } = world;
  const { files } = await (world.fetch ? list(world) : (listing ??= list(world)));
  const entry = Object.hasOwn(files, name) ? files[name] : undefined;
  if (!entry) return fetchBytes(new URL(name, root).href, { ...options, name, fetch: world.fetch });
  const cache = await open(world);
  const url = new URL(entry.url, root).href;
  const kept = await take(cache, url, entry, world);
  if (kept) {
    options.onProgress?.(entry.bytes, entry.bytes);
    return kept;
  }
  const bytes = await fetchBytes(url, { ...options, name, optional: false, fetch: world.fetch });
  const found = await sha256(bytes, world);
  // Where a page is not secure, browsers offer no hash: then the length must do.
  if (bytes.length !== entry.bytes || (found !== undefined && found !== entry.sha256)) {
    throw new Error(`${name} arrived broken: ${bytes.length} bytes of SHA-256 ${short(found)}, not ${entry.bytes} of ${short(entry.sha256)}.`);
  }
  await keep(cache, url, bytes);
  await forgetOld(cache, files, root);
  return bytes;
}

const short = (hash) => (hash === undefined ? "unknown" : hash.slice(0, 12));

// No Cache API, or none that may be used, as in some private windows: then nothing is kept.
async function open({ caches = globalThis.caches }) {
  try {
    return await caches?.open(KEPT);
  } catch {
    return undefined;
  }
}

// What was kept, if it is whole; else it is thrown away.
async function take(cache, url, entry, world) {
  try {
    const answer = await cache?.match(url);
    if (!answer) return undefined;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const found = await sha256(bytes, world);
    if (bytes.length === entry.bytes && (found === undefined || found === entry.sha256)) return bytes;
    await cache.delete(url);
  } catch {
    // A cache that fails is as good as none.
  }
  return undefined;
}

// A full disk or a small quota is no reason not to go on: the bytes are here.
async function keep(cache, url, bytes) {
  try {
    await cache?.put(url, new Response(bytes));
  } catch {
    await cache?.delete(url).catch(() => {});
  }
}

async function forgetOld(cache, files, root) {
  try {
    const wanted = new Set(Object.values(files).map((entry) => new URL(entry.url, root).href));
    for (const { url } of (await cache?.keys()) ?? []) if (!wanted.has(url)) await cache.delete(url);
  } catch {
    // It costs room, and nothing else.
  }
}

async function sha256(bytes, { crypto = globalThis.crypto }) {
  if (!crypto?.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
