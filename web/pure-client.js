// The page's side of the pure module: questions as promises. What was asked before it is loaded waits for it.

export class Pure {
  #begin;
  #worker;
  #open = new Map(); // id -> how its promise ends
  #next = 0;
  #ready;

  /** @param {() => Worker} begin makes the worker of pure-worker.js, at the first question */
  constructor(begin) {
    this.#begin = begin;
  }

  #load() {
    const worker = this.#begin();
    this.#worker = worker;
    this.#ready = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.type === "ready") resolve();
        else if (data.type === "broken") reject(new Error(data.message));
        else this.#answer(data);
      };
      worker.onerror = ({ message }) => reject(new Error(message ?? "this browser could not start a worker"));
    });
    this.#ready.catch(() => {}); // whoever asks hears of it
    return this.#ready;
  }

  #answer({ id, value, fault }) {
    const { resolve, reject } = this.#open.get(id);
    this.#open.delete(id);
    if (fault === undefined) resolve(value);
    else reject(new Error(fault));
  }

  /**
   * @param {"choices" | "checkTrace" | "wouldReveal" | "forecast" | "loss"} ask
   * @param {...unknown} values
   * @returns {Promise<any>} rejects with what the module says, or with why it could not be loaded
   */
  async ask(ask, ...values) {
    await (this.#ready ?? this.#load());
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#open.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ask, values });
    });
  }
}
