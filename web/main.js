// Wires the page: the form's state asks for runs, the runs go on the stage, and all of it into the address.

import { readAddress } from "./address.js";
import { Controls } from "./controls.js";
import { Edit } from "./edit.js";
import { Engine } from "./engine.js";
import { Forecasts } from "./forecasts.js";
import { mountGuide } from "./guide/guide.js";
import { mountKeys } from "./guide/keys.js";
import { Inspector } from "./inspector.js";
import { Judged } from "./judged.js";
import { KEYS } from "./keys.js";
import { showLegend } from "./legend.js";
import { Link } from "./link.js";
import { readModel, receive, sort } from "./own.js";
import { Peek } from "./peek.js";
import { Pure } from "./pure-client.js";
import { recording, recordings } from "./recorded.js";
import { runOfTrace } from "./run.js";
import { Seeds } from "./seeds.js";
import { Session } from "./session.js";
import { Share } from "./share.js";
import { Stage } from "./stage.js";
import { firstState, wanted } from "./state.js";
import { note } from "./spans.js";
import * as status from "./status.js";
import { offline } from "./store/offline.js";
import { cutWords, frameWords, runWords, speedWords } from "./words.js";

const byId = (id) => document.getElementById(id);
const root = document.documentElement;

/** Milliseconds that the model waits for a recorded run to be on screen. */
const MOST_WAIT = 1000;

let state = firstState();
let address;
let before; // the state before a model of one's own was asked for

const pure = new Pure(() => new Worker("pure-worker.js", { type: "module" }));
const engine = new Engine(() => new Worker("worker.js", { type: "module" }), {
  stage: ({ words }) => status.showStage(words),
  download: status.showDownload,
  ready: welcome,
  error: ({ message, kind }) => {
    if (kind === "own") return ownFailed(message);
    root.dataset.fault = kind;
    return status.showError(message, { cpu: address.backend === "gpu", reset: address.model !== "default" });
  },
  lost: ({ message }) => status.showLost(message),
  measured: ({ times, fault }) => {
    byId("measure").disabled = false;
    byId("speed-words").textContent = fault ?? speedWords(times);
  },
});
const stage = new Stage(byId("runs"), byId("run"), {
  point: (panel, position) => {
    if (stage.look.selected.size > 1) return; // what is selected keeps the read-out
    inspector.point(panel, position);
    inspector.show(stage.player.shown);
  },
  select: (panel, position, how) => {
    edit.select(panel, position, how);
    inspector.show(stage.player.shown);
  },
  moved: () => {
    inspector.show(stage.player.shown);
    peek.show();
    edit.show();
    if (stage.player.playing) return;
    status.say(frameWords(stage.runs, stage.player.shown));
    link.keep();
  },
  rested: () => status.say(stage.runs.map((run) => `${runWords(run)} ${run.texts.at(-1) ?? ""}`).join(" ")),
});
const inspector = new Inspector(byId, (position, token) => edit.guess(position, token));
const controls = new Controls(byId("controls"), { run: generate, changed: () => link.keep() });
const link = new Link(linked, byId("link-fault"), () => {
  apply(link.read() ?? {});
  if (engine.model && byId("link-fault").textContent === "") byId("controls").requestSubmit();
});
const forecasts = new Forecasts(pure);
const session = new Session(engine, stage, forecasts, {
  shown: showRuns,
  refused: (message) => (byId("refused").textContent = message),
  failed: (message) => status.showError(`The model failed during the run: ${message}`, { cpu: root.dataset.backend === "gpu" }),
});
const peek = new Peek(byId, stage, pure);
const edit = new Edit(byId, stage, inspector, {
  encode: (text) => engine.encode(text),
  pins: () => controls.pins,
  state: () => ({ state: structuredClone(written()), runs: stage.runs, shown: stage.player.shown }),
  change: (pins, more) => {
    apply({ settings: { ...written().settings, ...more, pins } });
    link.keep();
  },
  vocabulary: () => engine.model?.vocabulary,
  runOn: () => byId("controls").requestSubmit(),
  restore: ({ state: before, runs, shown }) => {
    apply(before);
    byId("refused").textContent = "";
    if (runs.length > 0) session.restore(runs, shown);
    link.keep();
  },
});
const share = new Share(byId, { stage, link: () => link.address(), model: () => address?.model ?? "default" });
const judged = new Judged(byId);
const seeds = new Seeds(byId, engine, {
  settings: () => {
    const read = controls.read();
    return read && wanted(read.settings);
  },
  open: (run) => {
    open(run);
    byId("runs").scrollIntoView({ block: "start" });
  },
  said: status.say,
});

/** The state as it stands in the form, run or not; what is refused there is as it was. */
function written() {
  const read = controls.read({ focus: false });
  return { ...state, ...read, settings: { ...state.settings, ...read?.settings } };
}

/** The state as a link shall hold it: that of the form, and the call on screen where that is not the last. */
function linked() {
  const { shown, last, ended } = stage.player;
  return { ...written(), frame: ended && shown >= 0 && shown < last ? shown : undefined };
}

/** Shows a run that is there already. The form follows it, so that a link, a pin or a run from here are of what is seen. */
function open(run) {
  session.drop();
  const { prompt, pins = [], schedule, order, rule = "", steps, temperature, seed } = run.settings;
  const how = schedule ? { schedule, order } : {}; // with a rule, or a remasking, which the form has none of
  apply({ settings: { prompt, pins, rule, ...how, steps, temperature, seed }, compare: null });
  session.show([run]);
  link.keep();
}

/** @param {{settings?: object, compare?: object | null, colour?: string, frame?: number}} patch */
function apply({ settings, compare, colour, frame }) {
  state = {
    settings: { ...state.settings, ...settings },
    compare: compare === undefined ? state.compare : compare,
    colour: colour ?? state.colour,
    frame,
  };
  controls.write(state);
  stage.look.pins = new Map(state.settings.pins);
  colourBy(state.colour);
  cutPrompt();
}

function colourBy(colour) {
  state.colour = colour;
  byId("colour").value = colour;
  stage.look.colour = colour;
  showLegend(colour);
  stage.repaint();
}

function generate(read) {
  seeds.stop();
  for (const id of ["refused", "kept"]) byId(id).textContent = "";
  byId("error").hidden = true;
  status.showReady(engine.model); // an error had taken its place
  const { frame } = state;
  apply(read);
  session.begin({ ...state, frame });
  status.say("The run begins.");
}

function showRuns() {
  const hows = stage.runs.map((run) => run.how);
  const how = ["running", "failed", "stopped"].find((one) => hows.includes(one)) ?? hows[0] ?? "idle";
  root.dataset.run = how;
  root.dataset.frames = Math.max(0, ...stage.runs.map((run) => run.frames.length));
  root.dataset.origin = stage.runs[0]?.origin ?? "";
  if (engine.model && byId("error").hidden) status.setState(how === "running" ? "running" : "ready");
  controls.setRunning(how === "running");
  share.show();
  edit.show();
}

function welcome(model) {
  model.name = address.model;
  note(model.spans);
  status.showReady(model);
  controls.fit(model.info.length);
  fitSteps(model);
  byId("measure").disabled = byId("again").disabled = false;
  seeds.enable();
  if (stage.runs.some((run) => run.how === "running")) return; // back on the CPU in the middle of a run
  status.setState("ready");
  forecasts.load(address.model, model.info.model).then(() => session.forecast());
  judged.load();
  cutPrompt();
  if (address.autorun && !session.remake(state, model.info.model)) byId("controls").requestSubmit();
}

// A model of one's own may be too short for the steps of the one before.
function fitSteps({ name, info: { length } }) {
  const { settings } = written();
  const most = Math.max(Number(byId("steps").value), settings.steps);
  if (name !== "own" || !(most > length)) return;
  apply({ settings: { ...settings, steps: length } });
  byId("speed-words").textContent = `Steps are ${length} now: this model has no more tokens.`;
}

async function playRecording() {
  try {
    const all = await recordings();
    byId("recordings").replaceChildren(...all.map(({ name, about }, at) => new Option(`${name}: ${about}`, at)));
    byId("recordings").addEventListener("change", async ({ target }) => {
      const run = await recording(all[target.value]).catch((fault) => status.say(fault.message));
      if (!run) return;
      open(run);
    });
    const run = await recording(all[0]);
    if (stage.runs.length > 0) return; // the model was faster
    if (location.hash === "") apply({ settings: { ...firstState().settings, ...run.settings } });
    session.show([run]);
  } catch (fault) {
    console.warn(`no recorded run: ${fault.message}`); // the model's own run comes anyhow
  }
}

async function cutPrompt() {
  const text = byId("prompt").value;
  if (!engine.model) return;
  const tokens = await engine.encode(text).catch(() => []);
  if (text === byId("prompt").value) byId("prompt-cut").textContent = cutWords(tokens, engine.model.vocabulary);
}

async function takeFiles(files) {
  byId("files-fault").textContent = "";
  try {
    const found = sort(files);
    if (found.kind === "model") {
      const own = await readModel(found.files);
      session.drop();
      before = written();
      address = { ...address, model: "own", autorun: true };
      apply({ settings: { ...before.settings, pins: [] } }); // they are tokens of another vocabulary
      engine.load({ model: "own", backend: address.backend, files: own });
      return;
    }
    const text = await found.file.text();
    await pure.ask("checkTrace", text);
    open(runOfTrace(text, "file"));
  } catch (fault) {
    byId("files-fault").textContent = fault.message;
  }
}

// The model that was there goes on.
function ownFailed(message) {
  byId("files-fault").textContent = message;
  if (before) apply(before);
  if (!engine.model) return; // there was none
  address = { ...address, model: engine.model.name };
  status.showReady(engine.model);
  status.setState("ready");
}

byId("stop").addEventListener("click", () => session.stop());
byId("again").addEventListener("click", () => {
  byId("new-seed").click();
  byId("controls").requestSubmit();
});
byId("retry").addEventListener("click", () => location.reload());
byId("unpin-all").addEventListener("click", () => edit.unpinAll());
byId("prompt").addEventListener("input", cutPrompt);
byId("measure").addEventListener("click", () => {
  byId("measure").disabled = true;
  byId("speed-words").textContent = "Measuring …";
  engine.measure();
});
byId("colour").addEventListener("change", ({ target }) => {
  colourBy(target.value); // the form is left alone: it may hold what is refused
  link.keep();
});
receive(byId("files"), root, takeFiles);
const keys = mountKeys(byId("keys"), KEYS);
byId("keys-open").addEventListener("click", () => keys.open());
mountGuide(byId("guide"), (patch) => {
  // What was typed and not run yet stays the reader's, where the card does not say otherwise.
  apply({ ...patch, settings: { ...written().settings, ...patch.settings } });
  if (engine.model) byId("controls").requestSubmit();
});
apply(link.read() ?? {});
root.removeAttribute("data-booting"); // all is in its place: shown at once, nothing of it moves any more
try {
  address = readAddress(location.search);
  begin();
} catch (fault) {
  status.showError(fault.message, { reset: true });
}

// A run first, then the machine that makes runs: a visitor has something to look at while it is brought up.
async function begin() {
  await Promise.race([playRecording(), new Promise((go) => setTimeout(go, MOST_WAIT))]);
  engine.load({ model: address.model, backend: address.backend });
  pure.ask("choices").then(
    (choices) => {
      controls.offer(choices);
      peek.offer(choices);
    },
    (fault) => status.showError(`The schedules could not be loaded: ${fault.message}`),
  );
  offline(byId("update"));
}
