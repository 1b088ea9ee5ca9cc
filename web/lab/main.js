// Wires the lab: controls and links change the state, the state asks the worker, the answer is drawn.

import { Address } from "./address.js";
import { Controls } from "./controls.js";
import { Courier } from "./courier.js";
import { DEFAULTS, lookOf } from "./look.js";
import { KEPT, firstState, reduce } from "./state.js";
import { write } from "./table.js";
import { View } from "./view.js";

const byId = (id) => document.getElementById(id);
const root = document.documentElement;
const newSeed = () => crypto.getRandomValues(new BigUint64Array(1))[0];

let all = DEFAULTS; // every schedule there is, once the worker has told
let state = firstState(Array.from({ length: KEPT }, newSeed));
let asked = 0; // id of the newest wish
let newest; // the answer that came last
let refused; // the law that was refused last
let moved = false; // whether anything was set by hand since a link was opened: only then the address follows
let linked; // {id, before}: the wish that a link made and the state before it, until that is answered or a law is set by hand

const look = (name) => lookOf(name, all);
const worker = new Worker("worker.js", { type: "module" });
const courier = new Courier((wish) => worker.postMessage(wish));
const controls = new Controls(act);
const view = new View();
const address = new Address({ length: [2, 256] }, openLink, (fault) => write(byId("link-fault"), fault));
const ask = coalesced(() => courier.ask({ id: asked, ...state }));
const draw = coalesced(() => {
  const { id, ms, wish, answer } = newest;
  view.show(wish, answer, look);
  root.dataset.shown = id;
  root.dataset.ms = ms.toFixed(2);
  byId("took").textContent = `The last redraw took ${ms.toFixed(1)} ms to compute.`;
});

/** Runs at the next frame, once, however often it was wanted until then. */
function coalesced(run) {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      run();
    });
  };
}

function act(action) {
  if ("law" in action) {
    controls.refuse("");
    linked = undefined;
  }
  moved = true;
  change(action);
}

function openLink(given) {
  const before = linked?.before ?? state;
  moved = false;
  controls.refuse("");
  change({ type: "open", ...given });
  linked = { id: asked, before };
}

// What the link asked for cannot be had.
function refuseLink(message) {
  const { before } = linked;
  linked = undefined;
  address.refuse(message);
  change({ type: "open", ...before });
  courier.ask({ id: asked, ...state }); // at once: what waits to be sent may be the link's
}

function change(action) {
  state = reduce(state, { seed: newSeed(), all, ...action });
  controls.show(state);
  root.dataset.asked = asked += 1;
  ask();
}

function fail(message) {
  root.dataset.state = "error";
  byId("status").textContent = "";
  byId("error-text").textContent = message;
  byId("error").hidden = false;
}

worker.onmessage = ({ data }) => {
  switch (data.type) {
    case "ready":
      all = data.choices.schedules.map(({ name }) => name);
      controls.offer(data.choices, look);
      address.know({ length: data.choices.length, schedules: all });
      if (linked && address.fault()) refuseLink(address.fault()); // now its names can be told from others
      byId("status").textContent = "Ready: the charts follow the controls.";
      return courier.open();
    case "answer":
      newest = data;
      if (data.wish.law === refused) controls.refuse("");
      if (data.id >= linked?.id) linked = undefined;
      if (moved) address.write(data.wish);
      delete byId("charts").dataset.stale;
      root.dataset.state = "ready";
      draw();
      return courier.open();
    case "refused":
      if (data.id >= linked?.id) {
        refuseLink(data.message);
        return courier.open();
      }
      refused = data.wish.law;
      controls.refuse(`${data.message}. The charts keep to the last law that worked.`);
      root.dataset.shown = data.id;
      // The last good law goes on, unless it is the same law at a length that it cannot have.
      // Before the first answer there is none: then the charts wait for a better wish.
      if (state.law === refused && newest && newest.wish.law !== refused) change({ type: "set", law: newest.wish.law });
      else byId("charts").dataset.stale = "";
      return courier.open();
    case "error":
      return fail(data.message);
  }
};
worker.onerror = ({ message }) => fail(`The lab’s worker broke down: ${message ?? "this browser could not start it"}.`);

byId("retry").addEventListener("click", () => location.reload());
byId("draw").addEventListener("click", () => act({ type: "draw" }));

let timer;
byId("keep").addEventListener("click", ({ target }) => {
  target.ariaPressed = String(target.ariaPressed !== "true");
  clearInterval(timer);
  if (target.ariaPressed === "true") timer = setInterval(() => document.hidden || act({ type: "draw" }), 500);
});

// The buttons of the cards say in their own attributes what they set.
byId("charts").addEventListener("click", ({ target }) => {
  const { law, length, steps, schedules, focus } = target.closest("button[data-law]")?.dataset ?? {};
  if (!law) return;
  const changes = { law, length: Number(length), steps: Number(steps) };
  if (schedules) changes.schedules = schedules.split(",");
  if (focus) changes.focus = focus;
  act({ type: "set", ...changes });
  byId("said").textContent = `Set: ${law}, ${length} tokens, ${steps} calls${focus ? `, ${focus} drawn` : ""}.`;
});

controls.show(state);
root.dataset.asked = asked;
address.read();
ask();
