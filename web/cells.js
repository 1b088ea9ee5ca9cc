// The tokens as cells: one a position, each in its own place whatever it shows, so that nothing moves but what is
// revealed. Told apart by shape first and by colour second (see cells.css).

import { paint } from "./ramp.js";
import { rove } from "./roving.js";
import { quoted, tokenLook } from "./words.js";

/**
 * @typedef {{colour: string, tint: (cell: import("./run.js").Cell, position: number) => number | undefined,
 *            sure: (position: number) => number | undefined, selected: Set<number>, pins: Map<number, number>,
 *            wouldReveal: Set<number>}} Look
 *   tint: place on the ramp, 0..1; sure: probability of the best guess for a mask; pins: those of the next run
 */

export class Cells {
  #box;
  #cells = []; // one <span> a position
  #shown = []; // what each cell shows now, to touch only what changes
  #on;

  /**
   * @param {HTMLElement} box a listbox
   * @param {{point: (position: number) => void, select: (position: number, how: "one" | "toggle" | "range") => void}} on
   */
  constructor(box, on) {
    this.#box = box;
    this.#on = on;
    rove(box, () => this.#cells);
    const at = (target) => target.closest("[data-position]")?.dataset.position;
    const point = ({ target }) => at(target) !== undefined && on.point(Number(at(target)));
    box.addEventListener("pointerover", point);
    box.addEventListener("focusin", point);
    box.addEventListener("click", (event) => {
      if (at(event.target) === undefined) return;
      const how = event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "one";
      on.select(Number(at(event.target)), how);
    });
    box.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    const position = Number(document.activeElement?.dataset.position);
    if (event.key === "Enter") {
      event.preventDefault();
      this.#on.select(position, event.shiftKey ? "range" : "toggle");
    } else if (event.shiftKey && event.key.startsWith("Arrow")) {
      this.#on.select(position, "range"); // the focus has moved already
    }
  }

  /** What a screen reader adds to a cell's name. @param {number} position @param {string} words */
  describe(position, words) {
    const cell = this.#cells[position];
    if (cell && cell.ariaDescription !== words) cell.ariaDescription = words;
  }

  get length() {
    return this.#cells.length;
  }

  #build(length) {
    this.#shown = Array.from({ length }, () => ({}));
    this.#cells = Array.from({ length }, (_, position) => {
      const cell = document.createElement("span");
      cell.role = "option";
      cell.tabIndex = position === 0 ? 0 : -1;
      cell.ariaSelected = "false";
      cell.dataset.position = position;
      cell.append(document.createElement("span"));
      return cell;
    });
    this.#box.replaceChildren(...this.#cells);
  }

  /**
   * @param {import("./run.js").Cell[]} cells one a position
   * @param {string[]} vocabulary display strings, one a token id
   * @param {Look} look
   */
  show(cells, vocabulary, look) {
    if (cells.length !== this.#cells.length) this.#build(cells.length);
    cells.forEach((cell, at) => {
      const pin = look.pins.get(at);
      // What the next run will hold fast is shown in its place at once, where nothing else stands.
      const drafted = pin !== undefined && !(cell.state === "pinned" && cell.token === pin);
      const shows = drafted ? { state: "drafted", token: pin } : cell;
      const tint = drafted ? undefined : look.tint(cell, at);
      const sure = shows.state === "masked" ? look.sure(at) : undefined;
      const element = this.#cells[at];
      const shown = this.#shown[at];
      const key = `${shows.state} ${shows.token} ${shows.step} ${tint}`;
      if (shown.key !== key) this.#write(element, shows, vocabulary, tint);
      if (shown.sure !== sure) shade(element, sure);
      const [selected, would] = [look.selected.has(at), look.wouldReveal.has(at)];
      if (shown.selected !== selected) element.ariaSelected = String(selected);
      if (shown.would !== would) element.toggleAttribute("data-would-reveal", would);
      this.#shown[at] = { key, sure, selected, would };
    });
  }

  #write(element, { state, token, step }, vocabulary, tint) {
    const form = vocabulary[token] ?? `#${token}`;
    const look = tokenLook(form);
    // Special tokens are in italics instead of their bars, which would take half of the cell.
    const text = state === "masked" ? "" : look.special ? look.text.slice(2, -2) : look.text;
    element.firstChild.textContent = text;
    element.dataset.state = state;
    element.dataset.long = text.length > 10 ? "very" : text.length > 6 ? "rather" : "no";
    element.toggleAttribute("data-special", state !== "masked" && look.special);
    element.toggleAttribute("data-tinted", tint !== undefined);
    if (tint !== undefined) paint(element, tint);
    if (step === undefined) delete element.dataset.step;
    else element.dataset.step = step;
    element.ariaLabel = labelOf(state, form, step);
  }
}

// Confidences lie low: a square root tells them apart.
function shade(element, sure) {
  if (sure === undefined) element.style.removeProperty("--sure");
  else element.style.setProperty("--sure", Math.sqrt(sure).toFixed(2));
}

function labelOf(state, form, step) {
  const when = {
    masked: "masked",
    prompt: "prompt",
    pinned: "pinned",
    drafted: "pinned for the next run",
    fresh: `call ${step}, just now`,
    revealed: `call ${step}`,
  };
  return state === "masked" ? when.masked : `${quoted(form)}, ${when[state]}`;
}
