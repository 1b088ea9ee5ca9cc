// The one worker of the lab. It owns the wasm module, which holds laws and schedules and no net.
//
// Page to worker: {id, law, length, steps, schedules, focus, seeds}, once it is ready
// Worker to page: ready {choices} | answer {id, ms, wish, answer} | refused {id, wish, message} | error {message}

import { fetchFile } from "../store/files.js";
import { Bench } from "./bench.js";

const messageOf = (fault) => (fault instanceof Error ? fault.message : String(fault));
const fail = (words) => (fault) => {
  throw new Error(`${words}: ${messageOf(fault)}`);
};

async function load() {
  const glue = await import("../pure.js").catch(fail("pure.js could not be loaded"));
  const bytes = await fetchFile("pure_bg.wasm");
  await glue.default({ module_or_path: bytes.buffer }).catch(fail("pure_bg.wasm is not the lab’s engine, or was cut off"));
  const bench = new Bench((spec, length) => glue.LawLab.open(spec, length));
  onmessage = ({ data }) => postMessage(answer(bench, data));
  postMessage({ type: "ready", choices: JSON.parse(glue.lab_choices()) });
}

function answer(bench, { id, ...wish }) {
  const began = performance.now();
  try {
    const made = bench.answer(wish);
    return { type: "answer", id, ms: performance.now() - began, wish, answer: made };
  } catch (fault) {
    // After a panic the module is in an unknown state: nothing more is to be had from it.
    const broken = fault instanceof WebAssembly.RuntimeError;
    return broken
      ? { type: "error", message: `The lab’s engine broke down: ${fault.message}` }
      : { type: "refused", id, wish, message: messageOf(fault) };
  }
}

load().catch((fault) => postMessage({ type: "error", message: messageOf(fault) }));
