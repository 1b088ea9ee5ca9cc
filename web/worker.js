// The worker of the model. It owns the engine's wasm module, so the page stays smooth whatever a model call costs.
//
// Page to worker: load {model, backend, files?} | start {run, settings, together, score} | stop {run}
//                 measure | encode {id, text}
// Worker to page: stage {words} | download {what, loaded, total}
//                 ready {backend, adapter, reason, info, vocabulary, spans} | error {message, kind}
//                 header {run, line, calls} | frame {run, line, frame, text, ms} | end {run, how}
//                 refused {run, message} | failed {run, message} | lost {message} | scored {run, score}
//                 measured {times} | encoded {id, tokens}

import { decide, probe } from "./adapter.js";
import { fetchEngine, fetchModel } from "./parcels.js";
import { Pump } from "./pump.js";
import { Spans } from "./spans.js";
import { timeCalls } from "./timing.js";

let glue; // the wasm module's exports
let files; // the model's files, kept for a second start on another device
let backend; // "gpu" | "cpu"
let adapter; // whether there is one for WebGPU
let engines = {}; // by backend: the loaded model
let kernels; // how it ended to prepare the GPU for the model: of use once
const runs = new Map(); // by id: {settings, score, lines: one a frame that the page has, begun}
const scoring = []; // ids of finished runs whose text is still to be scored

/** Forwards for the score of a text: its standard error is then about a quarter of a nat a token. */
const DRAWS = 16;

const spans = new Spans(); // what took how long

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

let calling = false;
const waiting = []; // what is to be done between two calls: the engine cannot be asked anything during one

async function call(made) {
  calling = true;
  try {
    return await Promise.race([made, new Promise((_, reject) => (fail = reject))]);
  } finally {
    fail = undefined;
    calling = false;
    for (const task of waiting.splice(0)) task();
  }
}

const between = (task) => (calling ? waiting.push(task) : task());

// Runs, scores, timings and loading: one after another, each to its own end.
let lane = Promise.resolve();
const inLane = (work) => (lane = lane.then(work, work));

const pump = new Pump((id) => inLane(() => step(id)), scoreNext);

onmessage = ({ data }) => {
  if (data.type === "load") {
    for (const id of runs.keys()) pump.remove(id);
    runs.clear();
    inLane(() => load(data)).catch((fault) => {
      tell("error", { message: messageOf(fault), kind: data.files ? "own" : (fault.kind ?? "load") });
    });
  } else if (data.type === "start") {
    scoring.splice(0).forEach(forget); // a new run is wanted sooner than what the last ones are worth
    runs.set(data.run, { settings: data.settings, score: data.score, lines: [], begun: false });
    pump.add(data.run, data.together);
  } else if (data.type === "stop" && pump.remove(data.run)) {
    forget(data.run);
    tell("end", { run: data.run, how: "stopped" });
  } else if (data.type === "measure") {
    inLane(measure).catch((fault) => tell("measured", { fault: messageOf(fault) }));
  } else if (data.type === "encode") {
    between(() => encode(data));
  }
};

// ---- loading ----

async function load({ model, backend: asked, files: own }) {
  // Asked before the downloads: whoever insists on a GPU that is not there need not wait for them.
  const found = await probe(navigator.gpu, isSecureContext);
  adapter = found.outcome === "software" || found.outcome === "hardware";
  const { backend: which, reason } = decide(asked, found);
  const wasm = glue ? undefined : await spans.of("engine fetched", fetchEngine(tell));
  // The weights are on their way while the engine is compiled, and the GPU's kernels, for which the config is enough.
  const { config, all } = own ? { config: own.config, all: own } : fetchModel(`models/${model}`, tell, spans);
  if (wasm) await spans.of("engine compiled", compile(wasm));
  const [prepared, arrived] = await Promise.allSettled([which === "gpu" ? prepare(config) : undefined, all]);
  if (arrived.status === "rejected") throw arrived.reason;
  const before = { files, engines, backend };
  files = arrived.value;
  engines = {};
  kernels = prepared;
  try {
    await settle(asked, which, reason);
  } catch (fault) {
    if (own) ({ files, engines, backend } = before); // the model that was there goes on
    throw fault;
  }
}

async function settle(asked, which, reason) {
  if (asked !== "auto" || which === "cpu") {
    await use(which).catch((fault) => {
      throw Object.assign(new Error(messageOf(fault)), { kind: which === "gpu" ? "refused" : "load" });
    });
    return announce(reason);
  }
  try {
    await use("gpu");
  } catch (fault) {
    await use("cpu");
    return announce(`the GPU was refused: ${messageOf(fault)}`);
  }
  return announce(await choose(reason));
}

async function compile(wasm) {
  tell("stage", { words: "Compiling the engine" });
  try {
    glue = await import("./unmask.js");
  } catch (fault) {
    throw new Error(`unmask.js could not be loaded: ${messageOf(fault)}`);
  }
  try {
    await glue.default({ module_or_path: wasm.buffer });
  } catch (fault) {
    glue = undefined;
    throw new Error(`unmask_bg.wasm is not the engine, or was cut off: ${messageOf(fault)}`);
  }
}

const prepare = async (config) => spans.of("kernels compiled", call(glue.Kernels.prepare(await config)));

/** The kernels that were prepared, once; without any the engine makes its own. */
function takeKernels() {
  const { reason, value } = kernels ?? {};
  kernels = undefined;
  if (reason) throw reason;
  return value;
}

async function bringUp(which) {
  if (engines[which]) return;
  tell("stage", { words: `Checking the model and warming up on the ${which.toUpperCase()}` });
  const { weights, config, tokenizer, selfTest } = files;
  const loading = glue.Engine.load(weights, config, tokenizer, selfTest, which, which === "gpu" ? takeKernels() : undefined);
  engines[which] = await spans.of(`model on the ${which.toUpperCase()}`, call(loading));
}

async function use(which) {
  await bringUp(which);
  backend = which;
}

function announce(reason) {
  const info = JSON.parse(engines[backend].info());
  const vocabulary = JSON.parse(engines[backend].vocabulary());
  tell("ready", { backend, adapter, reason, info, vocabulary, spans: spans.take() });
}

// ---- how fast ----

async function time(which) {
  await bringUp(which);
  return timeCalls(engines[which], call);
}

async function choose(reason) {
  const times = { gpu: await time("gpu"), cpu: await time("cpu") };
  tell("measured", { times });
  const faster = times.gpu.ms <= times.cpu.ms ? "gpu" : "cpu";
  await use(faster);
  const words = `measured here: ${times.gpu.ms.toFixed(1)} ms a call on the GPU, ${times.cpu.ms.toFixed(1)} ms on the CPU`;
  return `${reason}; ${words}`;
}

async function measure() {
  const times = {};
  // The one in use last: losing the other one then leaves it as it was.
  for (const which of adapter ? ["cpu", "gpu"] : ["cpu"]) times[which] = await time(which);
  tell("measured", { times });
}

function encode({ id, text }) {
  try {
    tell("encoded", { id, tokens: [...engines[backend].encode(text)] });
  } catch (fault) {
    tell("encoded", { id, fault: messageOf(fault) });
  }
}

// ---- runs ----

function forget(id) {
  runs.delete(id);
  between(() => Object.values(engines).forEach((engine) => engine.forget(id)));
}

// The next frame of a run; whether there may be more.
async function step(id) {
  const run = runs.get(id);
  if (!run) return false;
  try {
    if (!run.begun && !begin(id, run)) return false;
    const began = performance.now();
    const line = await call(engines[backend].next(id));
    const ms = performance.now() - began;
    if (!pump.has(id)) return false; // stopped in the meantime: the page has heard of its end
    if (line === undefined) return finish(id, run);
    run.lines.push(line);
    const frame = JSON.parse(line);
    const text = engines[backend].decode(Uint32Array.from(frame.tokens));
    tell("frame", { run: id, line, frame, text, ms: frame.step === 0 ? undefined : ms });
    return true;
  } catch (fault) {
    if (backend === "gpu" && (await fallBack(fault))) return true;
    forget(id);
    tell("failed", { run: id, message: messageOf(fault) });
    return false;
  }
}

function begin(id, run) {
  let header;
  const engine = engines[backend];
  try {
    header = engine.start(id, JSON.stringify(run.settings));
  } catch (fault) {
    forget(id);
    tell("refused", { run: id, message: messageOf(fault) });
    return false;
  }
  if (run.lines.length === 0) tell("header", { run: id, line: header, calls: engine.calls(id) });
  else engine.resume(id, run.lines.at(-1));
  run.begun = true;
  return true;
}

function finish(id, run) {
  tell("end", { run: id, how: "finished" });
  if (run.score && run.lines.length > 1) scoring.push(id);
  else forget(id);
  return false;
}

// A lost device is gone for good. The frames that it gave stay, and the CPU goes on from the last of them.
async function fallBack(fault) {
  const why = messageOf(fault);
  tell("lost", { message: why });
  try {
    delete engines.gpu;
    await use("cpu");
  } catch (other) {
    tell("error", { message: messageOf(other), kind: "lost" });
    return false;
  }
  adapter = false;
  for (const run of runs.values()) run.begun = false;
  announce(`the GPU was lost during a run: ${why}`);
  return true;
}

// What the texts are worth, when nothing else is to be done.
async function scoreNext() {
  while (scoring.length > 0 && !pump.busy) {
    const id = scoring.shift();
    const { lines, settings } = runs.get(id) ?? { lines: [] };
    if (lines.length > 1) await inLane(() => score(id, JSON.parse(lines[0]), JSON.parse(lines.at(-1)), settings.seed));
    forget(id);
    await new Promise((go) => setTimeout(go, 0));
  }
}

async function score(run, first, last, seed) {
  const { mask } = JSON.parse(engines[backend].info());
  const free = first.tokens.flatMap((token, position) => (token === mask ? [position] : []));
  try {
    const found = await call(engines[backend].score(Uint32Array.from(last.tokens), Uint32Array.from(free), seed, DRAWS));
    tell("scored", { run, score: JSON.parse(found) });
  } catch (fault) {
    tell("scored", { run, fault: messageOf(fault) });
  }
}
