// One answer of the worker, on screen: the charts, their words and their tables.

import { Chart } from "./chart.js";
import { boundsFor, drawCurves, sharedAxis } from "./curves.js";
import { figure, nats } from "./format.js";
import { drawGrids } from "./grids.js";
import { drawPresence } from "./presence.js";
import { drawProfile } from "./profile.js";
import { drops, gridCost, isFixed } from "./profile-math.js";
import { sample } from "./svg.js";
import { fillTable, write } from "./table.js";
import * as tables from "./tables.js";

const byId = (id) => document.getElementById(id);
const chart = (id, draw) => new Chart(byId(id), byId(`${id}-readout`), draw);
const say = (id, words) => write(byId(id), words);
const fill = (id, content) => fillTable(byId(`${id}-table`), content);

export class View {
  #profile = chart("profile", drawProfile);
  #grids = chart("grids", drawGrids);
  #a = chart("curves-a", (data, width) => drawCurves("kl_grid", data, width));
  #b = chart("curves-b", (data, width) => drawCurves("kl_law", data, width));
  #presence = chart("presence", drawPresence);
  #shown; // what all but the grids show

  /** @param {import("./state.js").State} state @param {object} answer to it @param {(name: string) => object} look */
  show(state, answer, look) {
    this.#showGrids(state, answer);
    const shown = JSON.stringify({ ...state, seeds: [] });
    if (shown === this.#shown) return; // a draw more changes nothing else
    this.#shown = shown;
    const { law, length } = answer.profile;
    for (const name of ["profile", "curves"]) say(`${name}-caption`, `${law}, L = ${length}`);
    for (const name of ["grids", "presence"]) say(`${name}-caption`, `${law}, L = ${length}, K = ${state.steps}`);
    this.#showProfile(answer.profile);
    this.#showCurves(state, answer, look);
    this.#presence.show({ plans: answer.plans, drops: drops(answer.profile.h), length, look });
    fill("presence", tables.presenceTable(answer.profile, state.steps, answer.plans));
  }

  #showProfile(profile) {
    const { length, tc, dtc, standard_error: error } = profile;
    this.#profile.show(profile);
    say("tc", `TC = ${nats(tc)}: between h(0) and the curve`);
    say("dtc", `DTC = ${nats(dtc)}: between the curve and h(${length - 1})`);
    say("profile-note", error ? `This profile is an estimate, with a standard error of at most ${nats(Math.max(...error))} at each j: all that is computed from it is an estimate too.` : "");
    fill("profile", tables.profileTable(profile));
  }

  #showGrids({ steps, focus }, { profile, grids, focus: plan }) {
    const { h, length } = profile;
    this.#grids.show({ grids, h, length });
    const losses = grids.map((points) => gridCost(points, h));
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    say("grids-note", isFixed(plan.presence)
      ? `With K = ${steps}, ${focus} has one grid only: every draw is the same, and loses ${nats(losses[0])} on this law.`
      : `On this law the newest draw loses ${nats(losses[0])}, the ${losses.length} draws shown ${figure(mean)} on average. The average over all grids is (A): ${nats(plan.kl_grid)}.`);
    fill("grids", tables.gridTable(profile, focus, steps, grids));
  }

  #showCurves({ steps, schedules, focus }, { profile, rows, bounds, focus: plan }, look) {
    const data = { rows, bounds, schedules, steps, focus, look };
    const { low } = sharedAxis(rows, bounds);
    const closed = plan.kl_law !== null;
    byId("curves-b-box").hidden = !closed;
    byId("curves-b-none").hidden = closed;
    this.#a.show(data);
    this.#b.show(data);
    const entries = [...schedules.map((name) => [sample(look(name)), name]), ...boundsFor(schedules).map(({ key, name }) => [sample({ bound: key }), name])];
    byId("curves-legend").replaceChildren(...entries.map((parts) => {
      const item = document.createElement("li");
      item.append(...parts);
      return item;
    }));
    fill("curves", tables.curveTable(profile, rows, low));
    fill("bounds", tables.boundTable(profile, bounds, schedules, low));
  }
}
