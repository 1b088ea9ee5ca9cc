// How sure the model is of what is still masked, call by call: the mean and the least of its best guesses, as two lines
// over the same calls as the bars.

import { certainty } from "./run.js";
import { percent } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100; // of the drawing, for probability 1

export class Certainty {
  #drawing;
  #words;
  #lines = {};
  #mark;

  /** @param {HTMLElement} drawing an <svg> @param {HTMLElement} words says both numbers of the frame on screen */
  constructor(drawing, words) {
    this.#drawing = drawing;
    this.#words = words;
    drawing.setAttribute("preserveAspectRatio", "none");
    for (const name of ["mean", "least"]) this.#lines[name] = this.#add("polyline", name);
    this.#mark = this.#add("line", "now");
    this.#mark.setAttribute("y1", 0);
    this.#mark.setAttribute("y2", HEIGHT);
  }

  #add(kind, name) {
    const part = document.createElementNS(SVG, kind);
    part.setAttribute("class", name);
    part.setAttribute("vector-effect", "non-scaling-stroke");
    this.#drawing.append(part);
    return part;
  }

  /**
   * @param {import("./run.js").Run} run
   * @param {number} slots calls side by side, as in the bars
   * @returns {ReturnType<typeof certainty>}
   */
  update(run, slots) {
    const told = certainty(run);
    this.#drawing.setAttribute("viewBox", `0 0 ${Math.max(slots, 1)} ${HEIGHT}`);
    for (const name of ["mean", "least"]) {
      // What call k + 1 says of frame k stands above that call's bar.
      const points = told.flatMap((one, k) => (one ? [`${k + 0.5},${(HEIGHT * (1 - one[name])).toFixed(1)}`] : []));
      this.#lines[name].setAttribute("points", points.join(" "));
    }
    return told;
  }

  /** @param {ReturnType<typeof certainty>} told @param {number} k frame on screen */
  mark(told, k) {
    this.#mark.setAttribute("x1", k + 0.5);
    this.#mark.setAttribute("x2", k + 0.5);
    this.#mark.toggleAttribute("hidden", told[k] === undefined);
    this.#words.textContent = told[k]
      ? `Best guesses for what is masked: mean ${percent(told[k].mean)}, least ${percent(told[k].least)}.`
      : "Best guesses for what is masked: –";
  }
}
