// What the worker computes, and what it remembers: a moving slider asks for little that is new. Pure but for the law,
// which is handed in, so that tests can do without wasm.

import { callsToPlot } from "./scales.js";

export class Bench {
  #open;
  #key;
  #law; // the wasm object
  #profile;
  #known; // what was asked of this law -> what was computed

  /** @param {(spec: string, length: number) => object} open throws when there is no such law */
  constructor(open) {
    this.#open = open;
  }

  /** @param {import("./state.js").State} wish @returns {object} all that the view draws */
  answer({ law, length, steps, schedules, focus, seeds }) {
    this.#use(law, length);
    const calls = callsToPlot(length, steps);
    const curves = this.#curves(schedules, calls, focus);
    const plan = (name) => this.#once(`plan ${name} ${steps}`, () => ({ schedule: name, ...JSON.parse(this.#law.plan(name, steps)) }));
    const grid = (seed) => this.#once(`grid ${focus} ${steps} ${seed}`, () => Array.from(this.#law.grid(focus, steps, seed)));
    return {
      profile: this.#profile,
      rows: schedules.flatMap((_, at) => curves.map(({ rows }) => rows[at])),
      bounds: curves.map(({ bounds }) => bounds),
      plans: schedules.map(plan),
      focus: plan(focus),
      grids: seeds.map(grid),
    };
  }

  #use(spec, length) {
    const key = `${length} ${spec}`;
    if (key === this.#key && this.#known.size < 20_000) return; // seeds are new for ever
    const law = this.#open(spec, length); // when this throws, the law before stays
    this.#law?.free();
    this.#law = law;
    this.#key = key;
    this.#profile = JSON.parse(law.profile());
    this.#known = new Map();
  }

  #once(key, compute) {
    if (!this.#known.has(key)) this.#known.set(key, compute());
    return this.#known.get(key);
  }

  /** One question for all numbers of calls that are new: each question pays for the oracle. */
  #curves(schedules, calls, focus) {
    const names = schedules.length > 0 ? schedules : [focus]; // for the bounds: of nothing there are no curves
    const key = (steps) => `curves ${names} ${steps}`;
    const lacking = calls.filter((steps) => !this.#known.has(key(steps)));
    if (lacking.length > 0) {
      const { rows, bounds } = JSON.parse(this.#law.curves(names.join(), Uint32Array.from(lacking)));
      // Rows come schedule by schedule, in the order asked for.
      bounds.forEach((one, at) => this.#known.set(key(one.steps), {
        bounds: one,
        rows: names.map((_, which) => rows[which * lacking.length + at]),
      }));
    }
    return calls.map((steps) => this.#known.get(key(steps)));
  }
}
