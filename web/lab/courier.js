// One request on its way at a time. While the worker computes, only the newest wish is kept: a slider may move faster
// than curves are computed, and nobody waits for places that it has left.

export class Courier {
  #send;
  #free = false;
  #next;

  /** @param {(wish: object) => void} send */
  constructor(send) {
    this.#send = send;
  }

  ask(wish) {
    this.#next = wish;
    this.#go();
  }

  /** The worker can take a wish: it is ready, or has answered. */
  open() {
    this.#free = true;
    this.#go();
  }

  #go() {
    if (!this.#free || !this.#next) return;
    this.#free = false;
    this.#send(this.#next);
    this.#next = undefined;
  }
}
