// The engine and a model on their way to the worker, and what is told of it meanwhile.

import { fetchFile } from "./store/files.js";

/** @typedef {(type: "download", fields: object) => void} Tell */

/** @param {Tell} tell @returns {Promise<Uint8Array>} */
export const fetchEngine = (tell) => fetchFile("unmask_bg.wasm", { onProgress: progress("the engine", tell) });

/**
 * @param {string} folder
 * @param {Tell} tell
 * @param {import("./spans.js").Spans} spans
 * @returns {{config: Promise<Uint8Array>, all: Promise<object>}} the config, which is small and soon here, and all files
 */
export function fetchModel(folder, tell, spans) {
  const config = fetchFile(`${folder}/config.json`);
  const others = [fetchFile(`${folder}/tokenizer.json`), fetchFile(`${folder}/self_test.json`, { optional: true })];
  const weights = fetchFile(`${folder}/model.safetensors`, { onProgress: progress("the model", tell) });
  const all = spans.of("model fetched", gathered(weights, Promise.all([config, ...others])));
  all.catch(() => {}); // whoever waits for it hears of it; that may be later
  return { config, all };
}

// Of several files that are not there the weights are named.
async function gathered(coming, small) {
  small.catch(() => {});
  const weights = await coming;
  const [config, tokenizer, selfTest] = await small;
  return { weights, config, tokenizer, selfTest };
}

// The status line is read aloud, so it hears of a download four times a second and not of every chunk.
function progress(what, tell) {
  let last = -Infinity;
  return (loaded, total) => {
    const now = performance.now();
    if (now - last < 250 && loaded !== total) return;
    last = now;
    tell("download", { what, loaded, total });
  };
}
