// One bar a call, as tall as the call revealed tokens, and the same numbers as a table.

import { paint } from "./ramp.js";
import { rove } from "./roving.js";
import { count } from "./words.js";

export class Bars {
  #box;
  #even;
  #note;
  #rows;
  #bars = [];

  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} even the line at the size all calls would have if they shared alike
   * @param {HTMLElement} note says what the line is
   * @param {HTMLElement} rows the table's body
   * @param {(step: number) => void} onPick told which call was chosen
   */
  constructor(box, even, note, rows, onPick) {
    this.#box = box;
    this.#even = even;
    this.#note = note;
    this.#rows = rows;
    rove(box, () => this.#bars);
    box.addEventListener("click", ({ target }) => {
      const bar = target.closest("[data-step]");
      if (bar) onPick(Number(bar.dataset.step));
    });
  }

  /** Empties the chart for a run of at most `steps` calls. */
  setup(steps) {
    this.#bars = [];
    this.#box.replaceChildren();
    this.#rows.replaceChildren();
    this.#even.hidden = true;
    this.#note.textContent = "";
    this.#box.style.setProperty("--slots", Math.max(steps, 1));
    this.#box.dataset.crowd = steps <= 16 ? "few" : steps <= 40 ? "some" : "many";
  }

  /**
   * Brings the chart up to the frames there are. Calls still to come have no bar at all: no bar is not a bar of zero.
   * @param {import("./player.js").Frame[]} frames
   * @param {number} steps calls the run may use
   * @param {number} masked tokens to reveal in all
   */
  update(frames, steps, masked) {
    while (this.#bars.length > Math.max(frames.length - 1, 0)) {
      this.#bars.pop().remove();
      this.#rows.lastElementChild.remove();
    }
    frames.slice(1).forEach(({ revealed }, at) => this.#set(at, revealed.length, steps));
    // Twice the even share is always in the chart, so that an even run looks even and not full.
    if (masked === 0) return; // nothing to share out
    const mean = masked / steps;
    const scale = Math.max(2 * mean, ...this.#bars.map((bar) => Number(bar.dataset.size)));
    this.#box.style.setProperty("--scale", scale);
    this.#even.hidden = frames.length === 0;
    this.#even.style.setProperty("--height", mean / scale);
    this.#note.textContent = `Dashed: an even share, ${mean.toFixed(1)} tokens a call.`;
  }

  #set(at, size, steps) {
    const step = at + 1;
    const bar = this.#bars[at] ?? this.#add(step, steps);
    if (bar.dataset.size === String(size)) return;
    bar.dataset.size = size;
    bar.style.setProperty("--size", size);
    bar.ariaLabel = `call ${step}: ${count(size, "token")}`;
    bar.title = bar.ariaLabel;
    bar.firstElementChild.dataset.size = size;
    this.#rows.children[at].lastElementChild.textContent = size;
  }

  #add(step, steps) {
    const bar = document.createElement("button");
    bar.type = "button";
    bar.tabIndex = step === 1 ? 0 : -1;
    bar.dataset.step = step;
    bar.append(document.createElement("span"));
    paint(bar, step, steps);
    this.#bars.push(bar);
    this.#box.append(bar);

    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = step;
    row.append(head, document.createElement("td"));
    this.#rows.append(row);
    return bar;
  }

  /** Marks the call on screen; later ones are drawn hollow. @param {number} shown */
  mark(shown) {
    for (const bar of this.#bars) {
      const step = Number(bar.dataset.step);
      bar.ariaCurrent = step === shown ? "true" : null;
      bar.toggleAttribute("data-ahead", step > shown);
    }
  }
}
