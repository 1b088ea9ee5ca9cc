// Which run makes the next call. Runs that are compared take turns, so that they grow side by side; others wait in line.
// Pure: what a call is, it is told.

export class Pump {
  #runs = []; // those under way, the next one first
  #work;
  #going = false;

  /**
   * @param {(id: number) => Promise<boolean>} work makes the next call of a run; whether there may be more
   * @param {() => Promise<void>} idle called when there is nothing left to do
   */
  constructor(work, idle) {
    this.#work = work;
    this.idle = idle;
  }

  /** @param {number} id @param {boolean} together takes turns with the others that do */
  add(id, together) {
    this.#runs.push({ id, together });
    this.#go();
  }

  has(id) {
    return this.#runs.some((run) => run.id === id);
  }

  /** @returns {boolean} whether it was under way */
  remove(id) {
    const before = this.#runs.length;
    this.#runs = this.#runs.filter((run) => run.id !== id);
    return this.#runs.length < before;
  }

  get busy() {
    return this.#runs.length > 0;
  }

  async #go() {
    if (this.#going) return;
    this.#going = true;
    while (this.busy) {
      const { id } = this.#runs[0];
      const more = await this.#work(id);
      if (!more) this.remove(id);
      else this.#turn(id);
      // Lets a waiting message in between two calls: a promise alone would not, it never leaves the current task.
      await new Promise((go) => setTimeout(go, 0));
    }
    this.#going = false;
    this.idle();
  }

  // The run that has had its call goes behind the last of those that take turns with it.
  #turn(id) {
    const at = this.#runs.findIndex((run) => run.id === id);
    if (at < 0 || !this.#runs[at].together) return;
    const [run] = this.#runs.splice(at, 1);
    const last = this.#runs.findLastIndex((other) => other.together);
    this.#runs.splice(last + 1, 0, run);
  }
}
