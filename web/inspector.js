// What is known of the cell that is pointed at or selected, and what can be done with it. Its height never changes.

import { cellsOf, predictionOf } from "./run.js";
import { cellWords, percent, quoted } from "./words.js";

const TOP = 5;

export class Inspector {
  #parts;
  #hint;
  #guesses = [];
  #at; // {panel, position} | undefined

  /**
   * @param {(id: string) => HTMLElement} part by id
   * @param {(position: number, token: number) => void} onGuess told which guess was chosen for the position
   */
  constructor(part, onGuess) {
    this.#parts = { first: part("readout-first"), second: part("readout-second"), guesses: part("guesses") };
    this.#hint = this.#parts.first.textContent;
    this.#guesses = Array.from({ length: TOP }, () => {
      const row = document.createElement("button");
      row.type = "button";
      row.className = "guess";
      row.append(document.createElement("span"), document.createElement("span"));
      row.addEventListener("click", () => onGuess(this.#at.position, Number(row.dataset.token)));
      this.#parts.guesses.append(row);
      return row;
    });
    this.show(0);
  }

  /** @param {import("./panel.js").Panel | undefined} panel @param {number} [position] */
  point(panel, position) {
    this.#at = panel && { panel, position };
  }

  get position() {
    return this.#at?.position;
  }

  /** The panel of the cell, as long as it is on the stage. */
  get panel() {
    return this.#at?.panel.root.isConnected ? this.#at.panel : undefined;
  }

  /** @param {number} shown the call on screen */
  show(shown) {
    const run = this.panel?.run;
    const k = run ? this.#at.panel.frameAt(shown) : -1;
    const cell = k < 0 ? undefined : cellsOf(run, k)[this.#at.position];
    if (!cell) {
      this.#parts.first.textContent = this.#hint;
      this.#parts.second.textContent = "";
      return this.#list([], []);
    }
    const prediction = predictionOf(run, k, this.#at.position, cell);
    const [first, second] = cellWords(this.#at.position, cell, prediction, run.vocabulary);
    this.#parts.first.textContent = first;
    this.#parts.second.textContent = second;
    this.#at.panel.describe(this.#at.position, second);
    return this.#list(prediction?.top ?? [], run.vocabulary, cell.token);
  }

  #list(top, vocabulary, drawn) {
    this.#guesses.forEach((row, at) => {
      const [token, p] = top[at] ?? [];
      row.style.visibility = p > 0 ? "" : "hidden"; // its place stays
      if (!(p > 0)) return;
      const word = quoted(vocabulary[token] ?? `#${token}`);
      row.dataset.token = token;
      row.toggleAttribute("data-drawn", token === drawn);
      row.style.setProperty("--p", p);
      row.children[0].textContent = word;
      row.children[1].textContent = percent(p);
      row.ariaLabel = `Pin ${word}, ${percent(p)}`;
    });
  }
}
