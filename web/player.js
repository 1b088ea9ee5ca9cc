// Which frame is shown, of one run or of several side by side. Pure: knows no DOM, no clock but the one it is handed.

export { cellsOf } from "./run.js";

/** Milliseconds a call stays on screen at speed 1: slow enough to see its tokens, 32 calls in 6 seconds. */
export const PERIOD = 200;

export class Player {
  /** index of the frame on screen, -1 before the first one; a run with fewer frames shows its last */
  shown = -1;
  /** index of the newest frame of the longest run, -1 for none */
  last = -1;
  playing = false;
  speed = 1;
  /** calls the longest run will make; once all have ended, the calls it made */
  total = 0;
  ended = false;
  #since = 0; // when the shown frame came on screen, ms

  /** Forgets the last runs and plays the next ones from their first frames. */
  reset() {
    Object.assign(this, { shown: -1, last: -1, playing: true, total: 0, ended: false });
  }

  /** There are frames up to this one. @param {number} last @param {number} now ms */
  reach(last, now) {
    this.last = Math.max(this.last, last);
    if (this.shown < 0 && this.last >= 0) this.#show(0, now);
  }

  /** No more frames will come than up to this one. @param {number} last */
  end(last) {
    this.last = last;
    this.ended = true;
    this.total = Math.max(last, 0);
    this.shown = Math.min(this.shown, last);
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

  // Playing ends by itself on the last frame of runs that have ended; before that it waits for the model.
  #rest() {
    if (this.ended && this.shown >= this.last) this.playing = false;
  }
}
