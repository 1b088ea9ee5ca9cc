// What the page's address asks for: ?model=, ?backend= and ?autorun=.

export const BACKENDS = ["auto", "gpu", "cpu"];

/**
 * @param {string} search the address from its "?" on, as in `location.search`
 * @returns {{model: string, backend: string, autorun: boolean}}
 * @throws {Error} with a sentence for the user when a value is not accepted
 */
export function readAddress(search) {
  const asked = new URLSearchParams(search);
  const model = asked.get("model") ?? "default";
  // The name becomes a folder in a URL, so nothing that could leave models/ is let through.
  if (!/^[a-z0-9-]+$/.test(model)) {
    throw new Error(`The model name “${model}” is not accepted: use small letters, digits and hyphens only.`);
  }
  const backend = asked.get("backend") ?? "auto";
  if (!BACKENDS.includes(backend)) {
    throw new Error(`The backend “${backend}” is unknown: accepted are ${BACKENDS.join(", ")}.`);
  }
  return { model, backend, autorun: asked.get("autorun") !== "0" };
}

/**
 * The same address with one value changed, for links such as "use the CPU".
 * @param {string} search
 * @param {string} name
 * @param {string} value
 * @returns {string} a relative address, starting with "?"
 */
export function withValue(search, name, value) {
  const asked = new URLSearchParams(search);
  asked.set(name, value);
  return `?${asked}`;
}
