// The one worker. It owns the wasm module and the model, so the page stays smooth whatever a model call costs.
//
// Page to worker: load {model, backend} | start {run, settings} | stop {run}
// Worker to page: stage {words} | download {what, loaded, total} | choices {choices}
//                 ready {backend, adapter, reason, info, vocabulary} | error {message}
//                 header {run, line, calls} | frame {run, line, frame, text, ms} | end {run, how}
//                 refused {run, message} | failed {run, message} | lost {run, message}

import { decide, probe } from "./adapter.js";
import { fetchBytes } from "./load.js";

let glue; // the wasm module's exports
let engine; // the loaded model
let files; // its four files, kept for a second start on the CPU
let backend; // "gpu" | "cpu"
let adapter; // whether there is one for WebGPU
let wanted = null; // id of the run the page still wants
let queue = Promise.resolve(); // runs, one after another: the engine cannot serve two

const tell = (type, fields) => postMessage({ type, ...fields });

// A panic reaches JavaScript as "unreachable"; the engine remembers what it really said.
function messageOf(fault) {
  const panic = fault instanceof WebAssembly.RuntimeError && glue?.panic_words();
  return panic || (fault instanceof Error ? fault.message : String(fault));
}

// A panic inside an asynchronous call leaves its promise open for ever and is told to the worker as a whole: here it
// rejects the call that was under way.
let fail;
addEventListener("error", (event) => {
  if (!fail) return; // the page hears of it
  event.preventDefault();
  fail(event.error);
});

async function call(made) {
  try {
    return await Promise.race([made, new Promise((_, reject) => (fail = reject))]);
  } finally {
    fail = undefined;
  }
}

onmessage = ({ data }) => {
  if (data.type === "load") {
    load(data).catch((fault) => tell("error", { message: messageOf(fault) }));
  } else if (data.type === "start") {
    wanted = data.run;
    queue = queue.then(() => generate(data.run, data.settings));
  } else if (data.type === "stop" && wanted === data.run) {
    wanted = null;
  }
};

async function load({ model, backend: asked }) {
  // Asked before the downloads: whoever insists on a GPU that is not there need not wait for them.
  const found = await probe(navigator.gpu, isSecureContext);
  let { backend: which, reason } = decide(asked, found);
  adapter = found.outcome === "software" || found.outcome === "hardware";
  await loadEngine();
  files = await loadModel(`models/${model}`);
  try {
    await bringUp(which);
  } catch (fault) {
    if (asked !== "auto" || which === "cpu") throw fault;
    which = "cpu";
    reason = `the GPU was refused: ${messageOf(fault)}`;
    await bringUp(which);
  }
  announce(reason);
}

async function loadEngine() {
  const wasm = await fetchBytes("unmask_bg.wasm", { onProgress: progress("the engine") });
  tell("stage", { words: "Compiling the engine" });
  try {
    glue = await import("./unmask.js");
  } catch (fault) {
    throw new Error(`unmask.js could not be loaded: ${messageOf(fault)}`);
  }
  try {
    await glue.default({ module_or_path: wasm.buffer });
  } catch (fault) {
    throw new Error(`unmask_bg.wasm is not the engine, or was cut off: ${messageOf(fault)}`);
  }
  tell("choices", { choices: JSON.parse(glue.choices()) });
}

async function loadModel(folder) {
  const weights = await fetchBytes(`${folder}/model.safetensors`, { onProgress: progress("the model") });
  const [config, tokenizer, selfTest] = await Promise.all([
    fetchBytes(`${folder}/config.json`),
    fetchBytes(`${folder}/tokenizer.json`),
    fetchBytes(`${folder}/self_test.json`, { optional: true }),
  ]);
  return { weights, config, tokenizer, selfTest };
}

// The status line is read aloud, so it hears of a download four times a second and not of every chunk.
function progress(what) {
  let last = -Infinity;
  return (loaded, total) => {
    const now = performance.now();
    if (now - last < 250 && loaded !== total) return;
    last = now;
    tell("download", { what, loaded, total });
  };
}

async function bringUp(which) {
  tell("stage", { words: `Checking the model and warming up on the ${which.toUpperCase()}` });
  engine = await call(glue.Engine.load(files.weights, files.config, files.tokenizer, files.selfTest, which));
  backend = which;
}

function announce(reason) {
  const info = JSON.parse(engine.info());
  tell("ready", { backend, adapter, reason, info, vocabulary: JSON.parse(engine.vocabulary()) });
}

async function generate(run, settings) {
  const lines = []; // one a frame that the page has
  try {
    try {
      await stream(run, settings, lines);
    } catch (fault) {
      if (backend !== "gpu") throw fault;
      // A lost device is gone for good. The frames that it gave stay, and the CPU goes on from the last of them.
      tell("lost", { run, message: messageOf(fault) });
      await bringUp("cpu");
      announce(`the GPU was lost during a run: ${messageOf(fault)}`);
      await stream(run, settings, lines);
    }
  } catch (fault) {
    tell("failed", { run, message: messageOf(fault) });
  }
}

async function stream(run, settings, lines) {
  if (wanted === run) {
    let header;
    try {
      header = engine.start(JSON.stringify(settings));
    } catch (fault) {
      tell("refused", { run, message: messageOf(fault) });
      return;
    }
    if (lines.length === 0) tell("header", { run, line: header, calls: engine.calls() });
    else engine.resume(lines.at(-1));
  }
  while (wanted === run) {
    const began = performance.now();
    const line = await call(engine.next());
    const ms = performance.now() - began;
    if (line === undefined) {
      tell("end", { run, how: "finished" });
      return;
    }
    lines.push(line);
    const frame = JSON.parse(line);
    tell("frame", { run, line, frame, text: engine.decode(Uint32Array.from(frame.tokens)), ms });
    await breathe();
  }
  tell("end", { run, how: "stopped" });
}

// Lets a waiting "stop" message in between two calls: a promise alone would not, it never leaves the current task.
const breathe = () => new Promise((go) => setTimeout(go, 0));
