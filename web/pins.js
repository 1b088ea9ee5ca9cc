// Edits of what the next run is given: pins, which stand at their positions and are never touched. Pure.

/** @typedef {import("./state.js").Pin} Pin */

/**
 * Puts tokens at a position and those after it; what was pinned there gives way.
 * @param {Pin[]} pins
 * @param {number} position
 * @param {number[]} tokens
 * @param {{length: number, prompt: number}} room tokens of the text, and how many of them the prompt takes
 * @returns {Pin[]} in the order of their positions
 * @throws {Error} a sentence, when there is no room
 */
export function pinAt(pins, position, tokens, { length, prompt }) {
  if (tokens.length === 0) throw new Error("There is nothing to pin: type a text first.");
  if (position < prompt) throw new Error(`Position ${position} belongs to the prompt, which takes the first ${prompt}; change the prompt instead.`);
  const end = position + tokens.length;
  if (end > length) throw new Error(`That takes ${tokens.length} positions from ${position} on; the text ends at ${length - 1}.`);
  const others = pins.filter(([at]) => at < position || at >= end);
  return sorted([...others, ...tokens.map((token, at) => [position + at, token])]);
}

/** @param {Pin[]} pins @param {Set<number>} positions @returns {Pin[]} without those at the positions */
export const unpin = (pins, positions) => pins.filter(([at]) => !positions.has(at));

/**
 * All that stands in a frame, held fast but for the positions to mask again: where a run goes on from it.
 * @param {import("./run.js").Run} run
 * @param {number} k
 * @param {Set<number>} masked positions to mask again
 * @returns {Pin[]}
 * @throws {Error} when one of them belongs to the prompt, or when nothing is left to reveal
 */
export function keepOf(run, k, masked) {
  const { tokens } = run.frames[k];
  const prompt = promptLength(run);
  const within = [...masked].find((at) => at < prompt);
  if (within !== undefined) throw new Error(`Position ${within} belongs to the prompt, which is never masked; change the prompt instead.`);
  const pins = tokens.flatMap((token, at) => (at < prompt || token === run.mask || masked.has(at) ? [] : [[at, token]]));
  if (pins.length + prompt === tokens.length) throw new Error("No position is masked here: select some to mask again.");
  return pins;
}

/** How many tokens the prompt takes: those that stand at first and are not pinned. @param {import("./run.js").Run} run */
export function promptLength({ frames, mask, settings }) {
  const pinned = new Set((settings.pins ?? []).map(([at]) => at));
  const free = frames[0].tokens.findIndex((token, at) => token === mask || pinned.has(at));
  return free < 0 ? frames[0].tokens.length : free;
}

const sorted = (pins) => pins.sort(([one], [other]) => one - other);

/** The last states, to go back to. */
export class History {
  #kept = [];
  #most;

  /** @param {number} [most] */
  constructor(most = 20) {
    this.#most = most;
  }

  push(state) {
    this.#kept.push(state);
    if (this.#kept.length > this.#most) this.#kept.shift();
  }

  pop() {
    return this.#kept.pop();
  }

  get empty() {
    return this.#kept.length === 0;
  }
}
