// Which backend to take, and why, in words.

/** @typedef {{outcome: "no-api" | "no-adapter" | "software" | "hardware", words: string}} Found */

/**
 * Looks for a WebGPU adapter. Never throws: whatever goes wrong is one of the outcomes.
 * @param {GPU | undefined} gpu `navigator.gpu`
 * @param {boolean} [secure] `isSecureContext`: browsers hide WebGPU from plain http
 * @returns {Promise<Found>}
 */
export async function probe(gpu, secure = true) {
  if (!gpu) {
    const words = secure ? "this browser has no WebGPU" : "browsers offer WebGPU only to pages on https or localhost";
    return { outcome: "no-api", words };
  }
  let adapter = null;
  let why = "";
  try {
    adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  } catch (fault) {
    why = ` (${fault.message})`;
  }
  if (!adapter) return { outcome: "no-adapter", words: `this browser found no graphics adapter for WebGPU${why}` };

  const { vendor = "", architecture = "", description = "", isFallbackAdapter } = adapter.info ?? {};
  const name = [vendor, architecture, description].filter(Boolean).join(" ") || "unnamed adapter";
  const software = isFallbackAdapter || adapter.isFallbackAdapter || /swiftshader|llvmpipe|software/i.test(name);
  return software
    ? { outcome: "software", words: `the only WebGPU adapter is software (${name})` }
    : { outcome: "hardware", words: `WebGPU adapter found (${name})` };
}

/**
 * @param {"auto" | "gpu" | "cpu"} wanted
 * @param {Found} found
 * @returns {{backend: "gpu" | "cpu", reason: string}}
 * @throws {Error} when the GPU is asked for and there is none; its `kind` is the outcome
 */
export function decide(wanted, found) {
  if (wanted === "cpu") return { backend: "cpu", reason: "the address asks for it" };
  const exists = found.outcome === "software" || found.outcome === "hardware";
  if (wanted === "gpu") {
    if (!exists) throw Object.assign(new Error(`The GPU was asked for, but ${found.words}.`), { kind: found.outcome });
    return { backend: "gpu", reason: `the address asks for it; ${found.words}` };
  }
  if (found.outcome === "hardware") return { backend: "gpu", reason: found.words };
  if (found.outcome === "software") {
    return { backend: "cpu", reason: `${found.words}, and auto never takes a software adapter` };
  }
  return { backend: "cpu", reason: found.words };
}
