// Runs that were recorded by the command line: there before the model is, and where neither GPU nor wasm is to be had.

import { runOfTrace } from "./run.js";

/** @returns {Promise<{name: string, file: string, about: string}[]>} */
export async function recordings() {
  const answer = await fetch("traces/index.json");
  if (!answer.ok) throw new Error(`traces/index.json: the server answered ${answer.status}`);
  return answer.json();
}

/** @param {{file: string}} recording @returns {Promise<import("./run.js").Run>} */
export async function recording({ file }) {
  const answer = await fetch(`traces/${file}`);
  if (!answer.ok) throw new Error(`traces/${file}: the server answered ${answer.status}`);
  return runOfTrace(await answer.text(), "recorded");
}
