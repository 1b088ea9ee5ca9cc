// What stands in the tables. Pure.

import { boundsFor } from "./curves.js";
import { cellOnLogAxis, chance, figure } from "./format.js";
import { callsOf, drops, gridCost } from "./profile-math.js";

const name = ({ law, length }) => `${law}, L = ${length}`;

export function profileTable(profile) {
  const { h, standard_error: error } = profile;
  const fall = drops(h);
  return {
    caption: `Information profile of ${name(profile)}, in nats`,
    head: ["j", "h(j)", "d(j) = h(j−1) − h(j)", ...(error ? ["standard error of h(j)"] : [])],
    rows: h.map((value, j) => [String(j), figure(value), figure(fall[j - 1]), ...(error ? [figure(error[j])] : [])]),
  };
}

export function gridTable(profile, focus, steps, grids) {
  return {
    caption: `${focus}, K = ${steps}: draws, newest first, and what each loses on ${name(profile)}, in nats, averaged over random orders`,
    head: ["Draw", "Calls", "Tokens a call", "Loss"],
    rows: grids.map((points, at) => {
      const sizes = callsOf(points, profile.h).map(({ size }) => size);
      return [String(at + 1), String(points.length), sizes.join(", "), figure(gridCost(points, profile.h))];
    }),
  };
}

/** @param {number} low where the log axis begins */
export function curveTable(profile, rows, low) {
  return {
    caption: `KL in nats on ${name(profile)}. (A): averaged over grids and orders. (B): of the law really sampled.`,
    head: ["Schedule", "K", "(A)", "(B)"],
    rows: rows.map((row) => [
      row.schedule,
      String(row.steps),
      cellOnLogAxis(row.kl_grid, "not known", low),
      cellOnLogAxis(row.kl_law, "no closed form", low),
    ]),
  };
}

export function boundTable(profile, bounds, schedules, low) {
  const columns = boundsFor(schedules);
  return {
    caption: `What (A) is compared with on ${name(profile)}, in nats`,
    head: ["K", ...columns.map((one) => one.name)],
    rows: bounds.map((one) => [String(one.steps), ...columns.map(({ key }) => cellOnLogAxis(one[key], "infinite", low))]),
  };
}

export function presenceTable(profile, steps, plans) {
  return {
    caption: `Probability that a call ends after j tokens, K = ${steps}, and the profile’s falls on ${name(profile)}`,
    head: ["j", ...plans.map(({ schedule }) => schedule), "d(j), nats"],
    rows: drops(profile.h).map((drop, at) => [String(at + 1), ...plans.map(({ presence }) => chance(presence[at])), figure(drop)]),
  };
}
