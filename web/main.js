// Wires the page: the worker's messages go to the player, the player's frame goes to the view.

import { readAddress } from "./address.js";
import { Bars } from "./bars.js";
import { Cells } from "./cells.js";
import { Controls } from "./controls.js";
import { copyText, saveTrace } from "./keep.js";
import { Player, cellsOf, median } from "./player.js";
import { colourOf } from "./ramp.js";
import * as status from "./status.js";
import { Transport } from "./transport.js";
import { cellWords, frameWords, runWords } from "./words.js";

const byId = (id) => document.getElementById(id);
const root = document.documentElement;
const player = new Player();

let worker;
let model; // {info, vocabulary, ready: the message that told them} once there is one
let pointed; // position under the pointer or the focus
/** The run on screen. lines and texts: one a frame; ms: one a call. */
let run = { id: 0, how: "idle", steps: 0, masked: 0, header: "", lines: [], texts: [], ms: [] };

const cells = new Cells(byId("cells"), (position) => {
  pointed = position;
  showReadout();
});
const bars = new Bars(byId("bars"), byId("even"), byId("even-words"), byId("sizes"), (step) => transport.seek(step));
const controls = new Controls(byId("controls"), generate);
const transport = new Transport(player, () => {
  showFrame();
  if (!player.playing) status.say(frameWords(player, model.info.mask));
  follow();
});

// ---- the run ----

function generate(settings) {
  run = { id: run.id + 1, how: "running", steps: 0, settings, masked: 0, header: "", lines: [], texts: [], ms: [] };
  for (const id of ["refused", "kept", "plain"]) byId(id).textContent = "";
  if (!byId("error").hidden) status.showReady(model.ready); // it had taken the status's place
  byId("error").hidden = true;
  player.reset();
  setCalls(settings.steps);
  worker.postMessage({ type: "start", run: run.id, settings });
  status.say("The run begins.");
  showRun();
  showFrame();
  follow();
}

// At first as many as are allowed; the engine knows how many there will be, one a token at most.
function setCalls(calls) {
  run.steps = player.total = calls;
  bars.setup(calls);
}

function takeFrame({ line, frame, text, ms }) {
  run.lines[frame.step] = line;
  run.texts[frame.step] = text;
  if (frame.step === 0) run.masked = frame.tokens.filter((token) => token === model.info.mask).length;
  else run.ms.push(ms);
  player.put(frame, performance.now());
  bars.update(player.frames, run.steps, run.masked);
  showRun();
  if (player.shown === frame.step) {
    showFrame();
  } else {
    transport.show(); // there is a frame more to step to
    bars.mark(player.shown);
  }
}

function endRun(how, frames = player.frames.length) {
  run.how = how;
  player.end(frames);
  run.lines.length = run.texts.length = player.frames.length;
  bars.update(player.frames, run.steps, run.masked);
  showRun();
  showFrame();
  if (!player.playing) sayEnd(); // else it is said when the last frame has been played
}

const sayEnd = () => status.say(`${summary()} ${run.texts[player.shown] ?? ""}`);
const revealed = () => player.frames.reduce((sum, frame) => sum + frame.revealed.length, 0);
const summary = () => runWords(run.how, Math.max(player.last, 0), revealed(), run.masked);

// ---- the view ----

function showRun() {
  root.dataset.run = run.how;
  root.dataset.frames = player.frames.length;
  status.setState(run.how === "running" ? "running" : "ready");
  controls.setRunning(run.how === "running");
  const calls = Math.max(player.last, 0);
  const ms = median(run.ms);
  byId("calls").textContent = run.how === "running" ? `${calls} of ${run.steps}` : calls;
  byId("revealed").textContent = `${revealed()} of ${run.masked}`;
  byId("ms-per-call").textContent = ms === undefined ? "–" : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  byId("summary").textContent = summary();
  const { schedule, order, temperature, seed } = run.settings;
  byId("caption").textContent = `${schedule}, ${order} order, temperature ${temperature}, seed ${seed}`;
  byId("copy").disabled = byId("save-trace").disabled = player.last < 0;
}

function showFrame() {
  transport.show();
  bars.mark(player.shown);
  if (player.shown < 0) return showReadout();
  cells.show(cellsOf(player.frames, player.shown, model.info.mask), run.steps);
  byId("plain").textContent = run.texts[player.shown];
  showReadout();
}

const HINT = byId("readout-first").textContent;

function showReadout() {
  if (pointed === undefined || player.shown < 0) {
    byId("readout-first").textContent = HINT;
    byId("readout-second").textContent = "";
    return;
  }
  const cell = cellsOf(player.frames, player.shown, model.info.mask)[pointed];
  const made = player.frames[cell.step ?? player.shown].predictions; // in the call that revealed it, else in the latest
  const prediction = made.find(({ position }) => position === pointed);
  const [first, second] = cellWords(pointed, cell, prediction, model.vocabulary);
  byId("readout-first").textContent = first;
  byId("readout-second").textContent = second;
  cells.describe(pointed, second);
}

let following = false;

// One loop while the player plays, none while it rests.
function follow() {
  if (following || !player.playing) return;
  following = true;
  requestAnimationFrame(function step(now) {
    if (player.tick(now)) {
      showFrame();
      if (!player.playing) sayEnd();
    }
    following = player.playing;
    if (following) requestAnimationFrame(step);
  });
}

// ---- the worker ----

function boot() {
  let address;
  try {
    address = readAddress(location.search);
  } catch (fault) {
    status.showError(fault.message, { reset: true });
    return;
  }
  worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => {
    if (data.run === undefined || data.run === run.id) receive(data, address);
  };
  worker.onerror = ({ message }) => {
    status.showError(`The page’s worker broke down: ${message ?? "this browser could not start it"}.`, { cpu: root.dataset.backend === "gpu" });
  };
  worker.postMessage({ type: "load", model: address.model, backend: address.backend });
}

function receive(data, address) {
  const first = !model;
  switch (data.type) {
    case "stage":
      return status.showStage(data.words);
    case "download":
      return status.showDownload(data);
    case "choices":
      return controls.offer(data.choices);
    case "ready":
      model = { info: data.info, vocabulary: data.vocabulary, ready: data };
      cells.setup(model.vocabulary);
      status.showReady(data);
      if (!first) return undefined; // back on the CPU in the middle of a run
      status.setState("ready");
      controls.fit(data.info.length);
      return address.autorun ? byId("controls").requestSubmit() : undefined;
    case "error":
      return status.showError(data.message, { cpu: address.backend === "gpu", reset: address.model !== "default" });
    case "lost":
      return status.showLost(data.message);
    case "header":
      run.header = data.line;
      setCalls(data.calls);
      return undefined;
    case "frame":
      return takeFrame(data);
    case "end":
      return endRun(data.how);
    case "refused":
      byId("refused").textContent = data.message;
      cells.clear();
      return endRun("failed", 0);
    case "failed":
      endRun("failed");
      return status.showError(`The model failed during the run: ${data.message}`, { cpu: root.dataset.backend === "gpu" });
  }
}

byId("stop").addEventListener("click", () => worker.postMessage({ type: "stop", run: run.id }));
byId("retry").addEventListener("click", () => location.reload());
byId("copy").addEventListener("click", async () => {
  byId("kept").textContent = await copyText(run.texts[player.shown]);
});
byId("save-trace").addEventListener("click", () => saveTrace(run.header, run.lines));

for (const scheme of ["light", "dark"]) {
  const stops = Array.from({ length: 9 }, (_, at) => colourOf(at + 1, 9, scheme).fill);
  byId("ramp").style.setProperty(`--ramp-${scheme}`, `linear-gradient(to right, ${stops.join(", ")})`);
}
transport.show();
boot();
