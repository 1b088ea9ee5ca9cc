// What bringing up a model took, part by part: measured in the worker, and told to whoever measures the page.

/** @typedef {{name: string, start: number, end: number}} Span in ms since 1970, which page and worker have in common */

const now = () => performance.timeOrigin + performance.now();

export class Spans {
  #all = [];

  /**
   * @template T
   * @param {string} name
   * @param {Promise<T>} work which has begun just now
   * @returns {Promise<T>}
   */
  async of(name, work) {
    const start = now();
    try {
      return await work;
    } finally {
      this.#all.push({ name, start, end: now() });
    }
  }

  /** @returns {Span[]} those that were not told before */
  take() {
    return this.#all.splice(0);
  }
}

/** Puts them beside what the browser itself measures of the page: `performance.getEntriesByType("measure")`. @param {Span[]} spans */
export function note(spans) {
  const { timeOrigin } = performance;
  for (const { name, start, end } of spans) performance.measure(name, { start: start - timeOrigin, end: end - timeOrigin });
}
