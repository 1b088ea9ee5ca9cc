// The page's state in words: what is being waited for, what it runs on and why, and what went wrong.

import { withValue } from "./address.js";
import { downloadWords } from "./words.js";

const byId = (id) => document.getElementById(id);
const root = document.documentElement;

/** @param {"loading" | "ready" | "running" | "error"} state */
export const setState = (state) => (root.dataset.state = state);

/** @param {string} words */
export function showStage(words) {
  byId("status-text").textContent = `${words} …`;
  byId("progress").removeAttribute("value"); // no number is known: the bar only says that work goes on
}

/** @param {{what: string, loaded: number, total?: number}} download bytes */
export function showDownload({ what, loaded, total }) {
  byId("status-text").textContent = downloadWords(what, loaded, total);
  if (total) byId("progress").value = loaded / total;
  else byId("progress").removeAttribute("value");
}

/**
 * @param {{backend: "gpu" | "cpu", adapter: boolean, reason: string, info: {device: string, precision: string, parameters: number}}} ready
 *   adapter: whether WebGPU has one, so that the GPU can be offered
 */
export function showReady({ backend, adapter, reason, info }) {
  root.dataset.backend = backend;
  const device = info.precision === "f16" ? `${info.device} in f16` : info.device;
  byId("status-text").textContent = `Ready on ${device}:`;
  byId("backend-reason").textContent = ` ${reason}.`;
  byId("progress").hidden = true;
  const other = backend === "gpu" ? "cpu" : "gpu";
  const link = byId("other-backend");
  link.textContent = `Use the ${other.toUpperCase()} instead`;
  link.href = withValue(location.search, "backend", other);
  link.hidden = other === "gpu" && !adapter;
  byId("model-words").textContent =
    `${(info.parameters / 1e6).toFixed(1)} million weights, ${info.length} tokens, vocabulary ${info.vocab}, on ${device}.`;
}

/** @param {string} words */
export function showLost(words) {
  byId("status-text").textContent = `The GPU was lost (${words}). Loading the model again, on the CPU …`;
  byId("backend-reason").textContent = "";
}

/**
 * @param {string} message a sentence
 * @param {{cpu?: boolean, reset?: boolean}} [offers] further ways on: use the CPU; drop what the address asks for
 */
export function showError(message, { cpu = false, reset = false } = {}) {
  setState("error");
  byId("status-text").textContent = "";
  byId("backend-reason").textContent = "";
  byId("progress").hidden = true;
  byId("error-text").textContent = message;
  byId("use-cpu").hidden = !cpu;
  byId("use-cpu").href = withValue(location.search, "backend", "cpu");
  byId("use-defaults").hidden = !reset;
  byId("use-defaults").href = location.pathname;
  byId("error").hidden = false;
}

let waiting;

/**
 * Tells a screen reader, and only it. Waits a moment, so that dragging the scrubber ends in one sentence.
 * @param {string} words
 */
export function say(words) {
  clearTimeout(waiting);
  waiting = setTimeout(() => (byId("said").textContent = words), 400);
}
