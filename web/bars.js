// One bar a call, as tall as the call revealed tokens, and the same numbers as a table.

import { paint, placeOf } from "./ramp.js";
import { rove } from "./roving.js";
import { maskedAtFirst } from "./run.js";
import { count, percent } from "./words.js";

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

  /** Empties the chart for `slots` calls side by side. @param {number} slots */
  setup(slots) {
    this.#bars = [];
    this.#box.replaceChildren();
    this.#rows.replaceChildren();
    this.#even.hidden = true;
    this.#note.textContent = "";
    this.#box.style.setProperty("--slots", Math.max(slots, 1));
    this.#box.dataset.crowd = slots <= 16 ? "few" : slots <= 40 ? "some" : "many";
  }

  /**
   * Brings the chart up to the frames there are. Calls still to come have no bar at all: no bar is not a bar of zero.
   * @param {import("./run.js").Run} run
   * @param {number} scale tokens as high as the chart: one for charts that are compared
   * @param {({mean: number, least: number} | undefined)[]} certain one a frame
   */
  update(run, scale, certain) {
    const { frames, steps } = run;
    while (this.#bars.length > Math.max(frames.length - 1, 0)) {
      this.#bars.pop().remove();
      this.#rows.lastElementChild.remove();
    }
    frames.slice(1).forEach(({ revealed }, at) => this.#set(at, revealed.length, steps, certain[at]));
    if (scale === 0) return; // nothing to share out
    this.#box.style.setProperty("--scale", scale);
    this.#even.hidden = frames.length === 0;
    const mean = maskedAtFirst(run) / steps;
    this.#even.style.setProperty("--height", mean / scale);
    this.#note.textContent = `Dashed: an even share, ${mean.toFixed(1)} tokens a call.`;
  }

  #set(at, size, steps, certain) {
    const step = at + 1;
    const bar = this.#bars[at] ?? this.#add(step, steps);
    if (bar.dataset.size === String(size)) return;
    // How sure the model was before this call is known as soon as the call is made.
    const cells = this.#rows.children[at].children;
    for (const [place, p] of [certain?.mean, certain?.least].entries()) {
      cells[place + 2].textContent = p === undefined ? "–" : percent(p);
    }
    bar.dataset.size = size;
    bar.style.setProperty("--size", size);
    bar.ariaLabel = `call ${step}: ${count(size, "token")}`;
    bar.title = bar.ariaLabel;
    bar.firstElementChild.dataset.size = size;
    cells[1].textContent = size;
  }

  #add(step, steps) {
    const bar = document.createElement("button");
    bar.type = "button";
    bar.tabIndex = step === 1 ? 0 : -1;
    bar.dataset.step = step;
    bar.append(document.createElement("span"));
    paint(bar, placeOf(step, steps));
    this.#bars.push(bar);
    this.#box.append(bar);

    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = step;
    row.append(head, ...Array.from({ length: 3 }, () => document.createElement("td")));
    this.#rows.append(row);
    return bar;
  }

  /** Marks the call on screen; later ones are drawn hollow. @param {number} shown */
  mark(shown) {
    for (const bar of this.#bars) {
      const step = Number(bar.dataset.step);
      const current = step === shown ? "true" : null;
      if (bar.ariaCurrent !== current) bar.ariaCurrent = current;
      if (bar.hasAttribute("data-ahead") !== step > shown) bar.toggleAttribute("data-ahead");
    }
  }
}

/**
 * Tokens as high as the charts of some runs: twice the even share is always in, so that an even run looks even, not full.
 * @param {import("./run.js").Run[]} runs
 * @returns {number} 0 when there is nothing to reveal
 */
export const scaleOf = (runs) =>
  Math.max(
    0,
    ...runs.flatMap((run) => [
      (2 * maskedAtFirst(run)) / Math.max(run.steps, 1),
      ...run.frames.map(({ revealed }) => revealed.length),
    ]),
  );
