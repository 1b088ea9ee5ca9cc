// What the view is asked to show, and how it changes. Pure: random numbers come with the action.

import { DEFAULTS } from "./look.js";

/** @typedef {{law: string, length: number, steps: number, wanted: number, schedules: string[], focus: string, seeds: bigint[]}} State */

/** As many draws as are kept on screen. */
export const KEPT = 12;

/** @param {bigint[]} seeds newest first @returns {State} */
export const firstState = (seeds) => ({
  law: "reed-solomon:k=23,q=256",
  length: 64,
  steps: 8,
  wanted: 8,
  schedules: DEFAULTS,
  focus: "adaptive-min",
  seeds,
});

/**
 * @param {State} state
 * @param {object} action one of
 *   {type: "set", seed, ...changes}: any of the controls; the newest grid is drawn anew, the earlier ones keep their seeds
 *   {type: "show", name, on, all}: one schedule's curves; `all` gives the order
 *   {type: "draw", seed}: one more draw
 * @returns {State}
 */
export function reduce(state, { type, seed, all, ...given }) {
  switch (type) {
    case "set": {
      const wanted = given.steps ?? state.wanted;
      const next = { ...state, ...given, wanted, seeds: [seed, ...state.seeds.slice(1)] };
      // More calls than tokens cannot be; the wish for them is kept until there are tokens enough.
      return { ...next, steps: Math.max(1, Math.min(wanted, next.length)) };
    }
    case "show": {
      const wanted = (name) => (name === given.name ? given.on : state.schedules.includes(name));
      return { ...state, schedules: all.filter(wanted) };
    }
    case "draw":
      return { ...state, seeds: [seed, ...state.seeds].slice(0, KEPT) };
    default:
      throw new Error(`no such action: ${type}`);
  }
}
