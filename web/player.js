// The frames of one run and which of them is shown. Pure: knows no DOM, no clock but the one it is handed.

/**
 * @typedef {{position: number, token: number, log_prob: number}} Reveal log_prob in nats
 * @typedef {{position: number, token: number, log_prob: number, entropy: number, margin: number,
 *            top: [number, number][]}} Prediction entropy in nats, top: (token, probability), best first
 * @typedef {{step: number, tokens: number[], revealed: Reveal[], predictions: Prediction[]}} Frame
 * @typedef {{state: "masked" | "fresh" | "revealed" | "prompt", token: number, step?: number, reveal?: Reveal}} Cell
 */

/** Milliseconds a call stays on screen at speed 1: slow enough to see its tokens, 32 calls in 6 seconds. */
export const PERIOD = 200;

export class Player {
  /** @type {Frame[]} frame k shows the text after k calls */
  frames = [];
  /** index of the frame on screen, -1 before the first one */
  shown = -1;
  playing = false;
  speed = 1;
  /** calls the run will make; once it has ended, the calls it made */
  total = 0;
  ended = false;
  #since = 0; // when the shown frame came on screen, ms

  /** Forgets the last run and plays the next one from its first frame. */
  reset() {
    Object.assign(this, { frames: [], shown: -1, playing: true, total: 0, ended: false });
  }

  /** Index of the newest frame, -1 for none. */
  get last() {
    return this.frames.length - 1;
  }

  /** Takes the next frame in. @param {Frame} frame @param {number} now ms */
  put(frame, now) {
    this.frames.push(frame);
    if (this.shown < 0) this.#show(0, now);
  }

  /** No more frames will come. @param {number} count frames the run has */
  end(count) {
    this.frames.length = Math.min(count, this.frames.length);
    this.ended = true;
    this.total = Math.max(this.last, 0);
    this.shown = Math.min(this.shown, this.last);
    this.#rest();
  }

  play(now) {
    if (this.last < 0) return;
    if (this.ended && this.shown === this.last) this.#show(0, now);
    this.#since = now;
    this.playing = true;
    this.#rest();
  }

  pause() {
    this.playing = false;
  }

  /** Shows frame k, or the nearest there is, and pauses. @param {number} k @param {number} now ms */
  seek(k, now) {
    this.pause();
    if (this.last >= 0) this.#show(Math.max(0, Math.min(k, this.last)), now);
  }

  /** Shows the next frame if it is due. @param {number} now ms @returns {boolean} whether the frame changed */
  tick(now) {
    const due = this.playing && this.shown < this.last && now - this.#since >= PERIOD / this.speed;
    if (due) this.#show(this.shown + 1, now);
    return due;
  }

  #show(k, now) {
    this.shown = k;
    this.#since = now;
    this.#rest();
  }

  // Playing ends by itself on the last frame of a run that has ended; before that it waits for the model.
  #rest() {
    if (this.ended && this.shown >= this.last) this.playing = false;
  }
}

/**
 * What every position shows in frame k.
 * @param {Frame[]} frames
 * @param {number} k
 * @param {number} mask id of the mask token
 * @returns {Cell[]} one for each of the L positions
 */
export function cellsOf(frames, k, mask) {
  const reveals = new Map(); // position -> its latest reveal, up to frame k
  for (const { step, revealed } of frames.slice(1, k + 1)) {
    for (const reveal of revealed) reveals.set(reveal.position, { step, reveal });
  }
  return frames[k].tokens.map((token, position) => {
    if (token === mask) return { state: "masked", token };
    const found = reveals.get(position);
    if (!found) return { state: "prompt", token };
    return { state: found.step === k ? "fresh" : "revealed", token, ...found };
  });
}

/** @param {number[]} values @returns {number | undefined} */
export function median(values) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
