// Many seeds: the same settings, 32 times, as small pictures beside each other. One run is an anecdote.

import { drawnLogProb, lastOf, maskedAtFirst } from "./run.js";
import { colourAt, placeOf } from "./ramp.js";
import { count } from "./words.js";

export const RUNS = 32;

const SVG = "http://www.w3.org/2000/svg";

export class Seeds {
  #parts;
  #engine;
  #on;
  #runs = [];
  #tiles = [];
  #current; // the run under way

  /**
   * @param {(id: string) => HTMLElement} part by id
   * @param {import("./engine.js").Engine} engine
   * @param {{settings: () => object | undefined, open: (run: import("./run.js").Run) => void, said: (words: string) => void}} on
   *   settings: what the first run shall be
   */
  constructor(part, engine, on) {
    this.#engine = engine;
    this.#on = on;
    this.#parts = { box: part("seeds"), go: part("seeds-go"), stop: part("seeds-stop"), words: part("seeds-words") };
    this.#parts.go.addEventListener("click", () => this.begin());
    this.#parts.stop.addEventListener("click", () => this.stop());
  }

  /** The model can run. */
  enable() {
    this.#parts.go.disabled = false;
  }

  begin() {
    const settings = this.#on.settings();
    if (!settings) return;
    this.stop();
    this.#runs = [];
    this.#tiles = Array.from({ length: RUNS }, () => this.#tile());
    this.#parts.box.replaceChildren(...this.#tiles);
    this.#parts.stop.disabled = false;
    this.#next(settings);
  }

  /** Leaves the runs that there are. */
  stop() {
    if (this.#current) this.#engine.drop(this.#current);
    this.#current = undefined;
    this.#parts.stop.disabled = true;
    this.#tell();
  }

  #next(settings) {
    const seed = (settings.seed + this.#runs.length) % Number.MAX_SAFE_INTEGER;
    const ended = (run, what, message) => {
      if (what === "header" || what === "frame" || run !== this.#current) return;
      if (what === "refused" || what === "failed") {
        this.stop();
        this.#parts.words.textContent = message;
        return;
      }
      this.#runs.push(run);
      this.#draw(this.#tiles[this.#runs.length - 1], run);
      this.#tell();
      if (this.#runs.length < RUNS) return this.#next(settings);
      this.stop();
      this.#on.said(this.#parts.words.textContent);
    };
    this.#current = this.#engine.start({ ...settings, seed }, {}, ended);
  }

  #tile() {
    const tile = document.createElement("button");
    tile.type = "button";
    tile.className = "tile";
    tile.disabled = true;
    tile.append(document.createElementNS(SVG, "svg"), document.createElement("span"), document.createElement("span"));
    return tile;
  }

  #draw(tile, run) {
    tile.disabled = false;
    tile.addEventListener("click", () => this.#on.open(run));
    const [picture, head, text] = tile.children;
    const calls = Math.max(lastOf(run), 1);
    const sizes = run.frames.slice(1).map(({ revealed }) => revealed.length);
    const most = Math.max(...sizes, (2 * maskedAtFirst(run)) / calls);
    picture.setAttribute("viewBox", `0 0 ${calls} 1`);
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("aria-hidden", "true");
    picture.replaceChildren(
      ...sizes.map((size, at) => {
        const bar = document.createElementNS(SVG, "rect");
        const height = size / most;
        for (const [name, value] of Object.entries({ x: at + 0.08, width: 0.84, y: 1 - height, height })) bar.setAttribute(name, value);
        for (const scheme of ["light", "dark"]) bar.style.setProperty(`--edge-${scheme}`, colourAt(placeOf(at + 1, calls), scheme).edge);
        return bar;
      }),
    );
    head.textContent = `seed ${run.settings.seed} · ${meanOf(run).toFixed(2)}`;
    text.textContent = run.texts.at(-1).slice(0, 160);
    tile.ariaLabel = `Open the run of seed ${run.settings.seed}: ${count(sizes.length, "call")}, ${meanOf(run).toFixed(2)} nats a token`;
  }

  // The spread, not only the mean: that is what many runs are for.
  #tell() {
    const values = this.#runs.map(meanOf);
    if (values.length === 0) return;
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(values.length - 1, 1));
    const different = new Set(this.#runs.map((run) => run.frames.at(-1).tokens.join())).size;
    this.#parts.words.textContent =
      `${this.#runs.length} of ${RUNS} runs, ${different} different texts. Log-probability of the tokens when they were drawn, nats a token: ` +
      `mean ${mean.toFixed(2)}, standard deviation ${spread.toFixed(2)}, from ${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}.`;
  }
}

const meanOf = (run) => drawnLogProb(run) ?? 0;
