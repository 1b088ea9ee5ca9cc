// What all charts share: drawn to the width there is, one tab stop, arrow keys and pointer move a cursor among the
// points, and a line of text says what stands there.

import { hold, move, nearest } from "./cursor.js";
import { svg } from "./svg.js";
import { write } from "./table.js";

/**
 * @typedef {object} Drawing
 * @property {SVGElement} picture
 * @property {Array<Array<[number, number]>>} lines the points that can be visited
 * @property {(line: number, point: number) => string} say
 */

export class Chart {
  #box;
  #readout;
  #hint;
  #draw;
  #data;
  #drawing = { lines: [] };
  #cursor = null;
  #width = 0;

  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} readout a live region; its first text is a hint that comes back when the cursor goes
   * @param {(data: object, width: number) => Drawing} draw
   */
  constructor(box, readout, draw) {
    this.#box = box;
    this.#readout = readout;
    this.#hint = readout.textContent;
    this.#draw = draw;
    new ResizeObserver(() => box.clientWidth !== this.#width && this.#paint()).observe(box);
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const next = move(event.key, this.#cursor, this.#drawing.lines);
      if (!next) return;
      event.preventDefault();
      this.#point(next);
    });
    const follow = ({ clientX, clientY }) => {
      const { left, top } = box.getBoundingClientRect();
      this.#point(nearest(clientX - left, clientY - top, this.#drawing.lines));
    };
    box.addEventListener("pointermove", follow);
    box.addEventListener("pointerdown", follow);
    box.addEventListener("pointerleave", () => document.activeElement !== box && this.#point(null));
    box.addEventListener("blur", () => this.#point(null));
  }

  /** @param {object} data */
  show(data) {
    this.#data = data;
    this.#paint();
  }

  #paint() {
    this.#width = this.#box.clientWidth;
    if (!this.#data || this.#width === 0) return;
    this.#drawing = this.#draw(this.#data, this.#width);
    this.#box.replaceChildren(this.#drawing.picture);
    if (this.#cursor) this.#point(hold(this.#cursor, this.#drawing.lines));
  }

  #point(cursor) {
    this.#cursor = cursor;
    const { picture, lines, say } = this.#drawing;
    picture?.querySelector(".cursor")?.remove();
    if (cursor) {
      const [x, y] = lines[cursor.line][cursor.point];
      picture.append(svg("g", { class: "cursor" }, [
        svg("line", { x1: x, x2: x, y1: 0, y2: picture.getAttribute("height") }),
        svg("circle", { cx: x, cy: y, r: 6 }),
      ]));
    }
    write(this.#readout, cursor ? say(cursor.line, cursor.point) : this.#hint);
  }
}
