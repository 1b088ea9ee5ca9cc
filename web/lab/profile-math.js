// What follows from an information profile h(0..L-1), in nats. Pure.

/** d_j = h(j-1) - h(j) for j = 1..L-1, at index j - 1. */
export const drops = (h) => h.slice(1).map((value, at) => h[at] - value);

/**
 * What each call of a grid t_1 < ... < t_K = L costs, on average over random orders: the token of rank i (from 0) is
 * drawn as if only the t tokens of the calls before were known, h(t), where its exact draw would know i tokens, h(i).
 * @returns {Array<{from: number, size: number, cost: number, costs: number[]}>}
 */
export function callsOf(points, h) {
  let from = 0;
  return points.map((point) => {
    const costs = h.slice(from, point).map((value) => h[from] - value);
    const call = { from, size: point - from, cost: costs.reduce((total, cost) => total + cost, 0), costs };
    from = point;
    return call;
  });
}

/** What one grid loses in all. Its mean over grids is error (A). */
export const gridCost = (points, h) => callsOf(points, h).reduce((total, { cost }) => total + cost, 0);

/** Whether a plan has one grid only: each j is a point of it or never is. */
export const isFixed = (presence) => presence.every((chance) => chance < 1e-9 || chance > 1 - 1e-9);
