// Sees to it that the page opens without a network next time, and tells when a new version of it is there.

/**
 * @param {HTMLElement} box hidden until there is something to tell
 * @returns {Promise<void>}
 */
export async function offline(box) {
  const workers = navigator.serviceWorker;
  if (!workers) return; // plain http, or a browser that has none: the page works all the same
  let first = !workers.controller; // who takes over then brings no other version
  let asked = false;
  workers.addEventListener("controllerchange", () => {
    if (asked) location.reload();
    // Another tab has let the new version take over. What this one has yet to load would be new beside old.
    else if (!first) offer(box, () => location.reload());
    first = false;
  });
  try {
    const registration = await workers.register(new URL("../sw.js", import.meta.url));
    const tell = () => {
      const { waiting } = registration;
      if (!waiting || first) return;
      offer(box, () => {
        asked = true;
        waiting.postMessage("take over");
      });
    };
    const listen = () => registration.installing?.addEventListener("statechange", tell);
    registration.addEventListener("updatefound", listen);
    listen(); // it may have been found before this page listened
    tell();
    await workers.ready;
    document.documentElement.dataset.offline = "ready";
  } catch (fault) {
    console.warn(`the page is not kept for offline use: ${fault.message}`);
  }
}

function offer(box, reload) {
  const words = document.createElement("span");
  words.textContent = "A new version of this page is there.";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Reload";
  button.addEventListener("click", reload);
  box.replaceChildren(words, button);
  box.hidden = false;
}
