// How long a call takes here: what a visitor's machine can do is measured, never guessed.

/** Calls that are timed; the median counts. */
const TIMED = 5;

/** The number of the run that is made for it: the page's own begin at 1. */
const RUN = 0;

/**
 * Times calls of a whole text, nearly every position masked.
 * @param {object} engine the loaded model
 * @param {<T>(made: Promise<T>) => Promise<T>} call awaits what the engine does
 * @returns {Promise<{first: number, ms: number}>} ms: the first call, and the median of those after it
 */
export async function timeCalls(engine, call) {
  const { length } = JSON.parse(engine.info());
  const order = { schedule: "one-at-a-time", order: "left-to-right" };
  engine.start(RUN, JSON.stringify({ prompt: "", pins: [], ...order, steps: length, temperature: 1, seed: 1 }));
  await call(engine.next(RUN)); // frame 0 takes no call
  const took = [];
  for (let made = 0; made < Math.min(TIMED + 1, length); made += 1) {
    const began = performance.now();
    await call(engine.next(RUN));
    took.push(performance.now() - began);
  }
  engine.forget(RUN);
  const [first, ...rest] = took;
  return { first, ms: rest.sort((one, other) => one - other)[rest.length >> 1] ?? first };
}
