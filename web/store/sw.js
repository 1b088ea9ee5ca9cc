// The service worker: after the first visit the page opens without a network. It keeps the whole of one version of the page
// and answers from that alone, so that no page is ever half old and half new.
//
// The build writes VERSION and FILES below. The model's weights and the wasm modules are not among them: files.js keeps
// those, under names that change with their content.

const VERSION = "";
const FILES = {}; // where a file lies -> its SHA-256

const NAME = `unmask-page-${VERSION}`;

addEventListener("install", (event) => event.waitUntil(install()));

// All or nothing: if one file fails, this version is not installed. Nor is it if one is not of this version, as it happens
// while a server goes from one version to the next.
async function install() {
  const all = await Promise.all(Object.entries(FILES).map(whole));
  try {
    const cache = await caches.open(NAME);
    await Promise.all(all.map(([url, answer]) => cache.put(url, answer)));
  } catch (fault) {
    await caches.delete(NAME);
    throw fault;
  }
}

async function whole([path, sha256]) {
  const url = new URL(path, location).href;
  const answer = await fetch(url, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${path}: the server answered ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256) throw new Error(`${path} is of another version than ${VERSION}`);
  // Anew, because browsers refuse to open a page with an answer that was redirected.
  return [url, new Response(bytes, { headers: answer.headers })];
}

addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("unmask-page-") && name !== NAME);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(old(names).map((name) => caches.delete(name))))
      .then(() => clients.claim()),
  );
});

// The page has asked its reader.
addEventListener("message", ({ data }) => data === "take over" && skipWaiting());

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(request));
});

async function answer(request) {
  // What an address asks for after "?" and "#" is the page's own business.
  const { origin, pathname } = new URL(request.url);
  const url = origin + pathname + (pathname.endsWith("/") ? "index.html" : "");
  const cache = await caches.open(NAME);
  return (await cache.match(url, { ignoreVary: true })) ?? fetch(request);
}
