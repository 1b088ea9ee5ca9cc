// One run on screen: its cells, its text, its sizes, how sure the model was, and what it cost.

import { Bars } from "./bars.js";
import { Cells } from "./cells.js";
import { Certainty } from "./certainty.js";
import { factsOf } from "./facts.js";
import { placeOf } from "./ramp.js";
import { cellsOf, lastOf, predictionOf } from "./run.js";
import { captionOf, runWords } from "./words.js";

/** Nats at the end of the ramp of entropies: that of 400 tokens alike, and nearly the most a first call says. */
export const MOST_ENTROPY = 6;

/** Tokens of the default model's texts. */
const FIRST_LENGTH = 128;

export class Panel {
  /** @type {import("./run.js").Run | undefined} */
  run;
  #parts = {};
  #cells;
  #bars;
  #certainty;
  #told = [];
  #slots = 0;
  #steps = 0; // calls of the run that the colours are spread over

  /**
   * @param {"a" | "b"} letter
   * @param {HTMLTemplateElement} template
   * @param {{point: (panel: Panel, position: number) => void, seek: (k: number) => void,
   *   select: (panel: Panel, position: number, how: "one" | "toggle" | "range") => void}} on
   */
  constructor(letter, template, on) {
    this.letter = letter;
    this.root = template.content.cloneNode(true).firstElementChild;
    this.root.id = `run-${letter}`;
    for (const part of this.root.querySelectorAll("[data-part]")) {
      this.#parts[part.dataset.part] = part;
      part.id = `${part.dataset.part}-${letter}`;
    }
    for (const [name, label] of [["cells", "title"], ["bars", "bars-title"]]) {
      this.#parts[name].setAttribute("aria-labelledby", `${label}-${letter}`);
    }
    this.#parts.cells.setAttribute("aria-describedby", "cells-help");
    this.root.setAttribute("aria-labelledby", `title-${letter}`);
    const { cells, bars, even, "even-words": words, sizes } = this.#parts;
    this.#cells = new Cells(cells, {
      point: (position) => on.point(this, position),
      select: (position, how) => on.select(this, position, how),
    });
    this.#bars = new Bars(bars, even, words, sizes, on.seek);
    this.clear(FIRST_LENGTH); // the place of the text is there before the text is
    this.#certainty = new Certainty(this.#parts.certainty, this.#parts["certainty-words"]);
  }

  /**
   * @param {import("./run.js").Run} run
   * @param {number} slots calls side by side in the charts
   * @param {boolean} pair whether another run is beside it
   */
  open(run, slots, pair) {
    this.run = run;
    this.#slots = slots;
    this.#steps = run.steps;
    this.#bars.setup(slots);
    this.#parts.caption.textContent = captionOf(run);
    this.#parts.caption.title = this.#parts.caption.textContent;
    const which = this.letter === "a" ? "First run" : "Second run";
    this.#parts.title.textContent = pair ? which : TITLES[run.origin];
    this.#parts.table.ariaLabel = pair ? `Sizes, ${which.toLowerCase()}` : "Sizes";
    this.#parts.plain.ariaLabel = pair ? `${which} as text` : "As text";
    this.root.dataset.origin = run.origin;
  }

  /** Whether the charts are drawn for so many calls, and for as many of its own as the run has. @param {number} slots */
  fits(slots) {
    return this.#slots === slots && this.#steps === this.run.steps;
  }

  /** Frames have come. @param {number} scale tokens as high as the chart of sizes */
  grow(scale) {
    this.#told = this.#certainty.update(this.run, this.#slots);
    this.#bars.update(this.run, scale, this.#told);
  }

  /** What the run has come to. @param {object} forecasts as in `factsOf` */
  tell(forecasts) {
    this.root.dataset.run = this.run.how;
    this.#parts.summary.textContent = runWords(this.run);
    for (const [name, words] of Object.entries(factsOf(this.run, forecasts))) {
      if (this.#parts[name].textContent !== words) this.#parts[name].textContent = words;
    }
  }

  /** The frame this panel shows when call k is on screen. @param {number} k */
  frameAt(k) {
    return Math.min(k, lastOf(this.run));
  }

  /**
   * @param {number} shown the call on screen
   * @param {{colour: string, selected: Set<number>, pins: Map<number, number>, wouldReveal: Set<number>}} look
   */
  show(shown, look) {
    const { run } = this;
    const k = this.frameAt(shown);
    if (k < 0) return;
    const cells = cellsOf(run, k);
    const sure = new Map((run.frames[k + 1]?.predictions ?? []).map((one) => [one.position, one.top[0][1]]));
    const tint = TINTS[look.colour];
    this.#cells.show(cells, run.vocabulary, {
      ...look,
      wouldReveal: this.letter === "a" ? look.wouldReveal : new Set(), // asked of the first run alone
      tint: (cell, position) => (cell.step === undefined ? undefined : tint(cell, run, position, k)),
      sure: (position) => sure.get(position),
    });
    this.#bars.mark(k);
    this.#certainty.mark(this.#told, k);
    this.#parts.plain.textContent = run.texts[k];
  }

  /** Colours and words of every frame anew, as when it is known how many calls there were. */
  reopen(slots, scale, pair) {
    this.open(this.run, slots, pair);
    this.grow(scale);
  }

  /** @param {number} position @param {string} words for a screen reader */
  describe(position, words) {
    this.#cells.describe(position, words);
  }

  /** Nothing but masks, as before the first run and after one that was refused. @param {number} [length] */
  clear(length = this.#cells.length) {
    const masks = Array.from({ length }, () => ({ state: "masked", token: -1 }));
    this.#cells.show(masks, [], { tint: () => undefined, sure: () => 0, selected: new Set(), pins: new Map(), wouldReveal: new Set() });
    this.#parts.plain.textContent = "";
  }
}

const TITLES = { live: "The text", recorded: "A recorded run", file: "A run from a file" };

/** Places on the ramp, 0..1, of a revealed cell; fixed, so that a flat run looks flat. */
const TINTS = {
  step: (cell, run) => placeOf(cell.step, run.steps),
  confidence: (cell) => Math.exp(cell.reveal.log_prob),
  entropy: (cell, run, position, k) => {
    const made = predictionOf(run, k, position, cell);
    return made && Math.min(made.entropy / MOST_ENTROPY, 1);
  },
  none: () => undefined,
};
