// The text as cells: one span a position, told apart by shape first and by colour second (see style.css).

import { paint } from "./ramp.js";
import { rove } from "./roving.js";
import { quoted, tokenLook } from "./words.js";

export class Cells {
  #box;
  #cells = []; // one <span> a position
  #gaps = []; // the text node after each cell: "", " ", "\n" or both, so that lines break as text does
  #shown = []; // what each cell shows now, to touch only what changes
  #vocabulary = [];

  /**
   * @param {HTMLElement} box a listbox
   * @param {(position: number | undefined) => void} onPoint told which cell the pointer or the focus is on
   */
  constructor(box, onPoint) {
    this.#box = box;
    rove(box, () => this.#cells);
    const point = ({ target }) => {
      const cell = target.closest("[data-position]");
      if (cell) this.#point(Number(cell.dataset.position), onPoint);
    };
    box.addEventListener("pointerover", point);
    box.addEventListener("focusin", point);
  }

  #point(position, onPoint) {
    for (const cell of this.#cells) cell.ariaSelected = String(Number(cell.dataset.position) === position);
    onPoint(position);
  }

  /** @param {string[]} vocabulary display strings, one a token id */
  setup(vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** What a screen reader adds to a cell's name. @param {number} position @param {string} words */
  describe(position, words) {
    const cell = this.#cells[position];
    if (cell && cell.ariaDescription !== words) cell.ariaDescription = words;
  }

  /** No text at all, as after a run that never began. */
  clear() {
    this.#build(0);
  }

  #build(length) {
    this.#shown = new Array(length).fill("");
    this.#cells = Array.from({ length }, (_, position) => {
      const cell = document.createElement("span");
      cell.role = "option";
      cell.tabIndex = position === 0 ? 0 : -1;
      cell.ariaSelected = "false";
      cell.dataset.position = position;
      return cell;
    });
    this.#gaps = this.#cells.map(() => document.createTextNode(""));
    this.#box.replaceChildren(...this.#cells.flatMap((cell, at) => [cell, this.#gaps[at]]));
  }

  /**
   * @param {import("./player.js").Cell[]} cells one a position
   * @param {number} steps calls the run may use: the length of the ramp
   */
  show(cells, steps) {
    if (cells.length !== this.#cells.length) this.#build(cells.length);
    const looks = cells.map(({ state, token }) =>
      state === "masked" ? { text: "", gap: false, breaks: false, special: false } : tokenLook(this.#vocabulary[token]),
    );
    cells.forEach((cell, at) => {
      this.#write(at, cell, looks[at], steps);
      const gap = (looks[at].breaks ? "\n" : "") + (looks[at + 1]?.gap ? " " : "");
      if (this.#gaps[at].data !== gap) this.#gaps[at].data = gap;
    });
  }

  #write(at, { state, token, step }, look, steps) {
    const key = `${state} ${token} ${step} ${steps}`;
    if (this.#shown[at] === key) return;
    this.#shown[at] = key;
    const cell = this.#cells[at];
    cell.textContent = look.text;
    cell.dataset.state = state;
    cell.toggleAttribute("data-special", look.special);
    if (step === undefined) {
      delete cell.dataset.step;
    } else {
      cell.dataset.step = step;
      paint(cell, step, steps);
    }
    const when = { masked: "masked", prompt: "prompt", fresh: `call ${step}, just now`, revealed: `call ${step}` };
    cell.ariaLabel = state === "masked" ? "masked" : `${quoted(this.#vocabulary[token])}, ${when[state]}`;
  }
}
