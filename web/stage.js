// The runs on screen, one or two, under one scrubber.

import { scaleOf } from "./bars.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";
import { lastOf } from "./run.js";
import { Transport } from "./transport.js";

export class Stage {
  player = new Player();
  transport;
  /** @type {Panel[]} */
  panels;
  #box;
  #on;
  #following = false;
  #drawn = 0; // the scale of the charts
  #forecasts = new Map(); // run -> what the profile says of it
  /** what the cells show beside the frame: colour, selected, pins, wouldReveal */
  look = { colour: "step", selected: new Set(), pins: new Map(), wouldReveal: new Set() };

  /**
   * @param {HTMLElement} box
   * @param {HTMLTemplateElement} template of a panel
   * @param {{point: (panel: Panel, position: number) => void, moved: () => void, rested: () => void,
   *   select: (panel: Panel, position: number, how: string) => void}} on
   *   moved: another frame is shown; rested: playing has come to its end
   */
  constructor(box, template, on) {
    this.#box = box;
    this.#on = on;
    const seek = (k) => this.transport.seek(k);
    this.panels = ["a", "b"].map((letter) => new Panel(letter, template, { ...on, seek }));
    box.append(this.panels[0].root);
    this.transport = new Transport(this.player, () => {
      this.show();
      this.follow();
    });
    this.transport.show();
  }

  /** @returns {import("./run.js").Run[]} */
  get runs() {
    return this.open.map((panel) => panel.run);
  }

  /** The panels that show a run. */
  get open() {
    return this.panels.filter((panel) => panel.run && panel.root.isConnected);
  }

  /** Other runs, from their first frames on. @param {import("./run.js").Run[]} runs one or two */
  begin(runs) {
    this.player.reset();
    this.#put(runs);
    this.player.reach(this.#last(), performance.now());
    if (runs.every((run) => run.how !== "running")) this.player.end(this.#last());
    this.player.playing = true;
    if (this.player.ended) this.player.play(performance.now());
    this.show();
    this.follow();
  }

  /** Other runs, shown at call k. @param {import("./run.js").Run[]} runs that have ended @param {number} k */
  restore(runs, k) {
    this.begin(runs);
    this.transport.seek(k);
  }

  /** The same run from another source, in the place of the one on screen. @param {import("./run.js").Run} run */
  takeOver(run) {
    this.panels[0].run = run;
    this.panels[0].reopen(this.slots, this.#scale(), this.open.length > 1);
    this.tell();
    this.show();
  }

  #put(runs) {
    if (runs.length > 1) this.#box.append(this.panels[1].root);
    else this.panels[1].root.remove();
    this.#box.dataset.runs = runs.length;
    runs.forEach((run, at) => (this.panels[at].run = run));
    this.player.total = this.slots;
    for (const panel of this.open) panel.reopen(this.slots, this.#scale(), this.open.length > 1);
    this.tell();
  }

  get slots() {
    return Math.max(1, ...this.runs.map((run) => run.steps));
  }

  #last() {
    return Math.max(-1, ...this.runs.map(lastOf));
  }

  #scale() {
    return scaleOf(this.runs);
  }

  /** It is known how many calls a run will make, or has made. */
  recount() {
    this.player.total = this.slots;
    for (const panel of this.open) {
      if (!panel.fits(this.slots)) panel.reopen(this.slots, this.#scale(), this.open.length > 1);
    }
    this.show();
  }

  /** A run has another frame. @param {import("./run.js").Run} run */
  grow(run) {
    const last = lastOf(run);
    this.player.reach(last, performance.now());
    const scale = this.#scale();
    // The other chart changes only with the scale that they share.
    for (const panel of this.open) if (panel.run === run || scale !== this.#drawn) panel.grow(scale);
    this.#drawn = scale;
    this.tell();
    if (this.player.shown === last || this.player.shown === last - 1) this.show(); // masks know now how sure the model is
    else this.transport.show(); // there is a frame more to step to
    this.follow();
  }

  /** A run has ended. */
  end() {
    if (this.runs.some((run) => run.how === "running")) return this.tell();
    this.player.end(this.#last());
    this.recount();
    this.tell();
    if (!this.player.playing) this.#on.rested();
    return undefined;
  }

  /** @param {import("./run.js").Run} run @param {object} forecasts as in `factsOf` */
  forecast(run, forecasts) {
    this.#forecasts.set(run, forecasts);
    for (const old of this.#forecasts.keys()) if (!this.runs.includes(old)) this.#forecasts.delete(old);
    this.tell();
  }

  tell() {
    for (const panel of this.open) panel.tell(this.#forecasts.get(panel.run));
  }

  show() {
    this.transport.show();
    for (const panel of this.open) panel.show(this.player.shown, this.look);
    this.#on.moved();
  }

  /** Only what is around the frame has changed. */
  repaint() {
    for (const panel of this.open) panel.show(this.player.shown, this.look);
  }

  // One loop while the player plays, none while it rests.
  follow() {
    if (this.#following || !this.player.playing) return;
    this.#following = true;
    requestAnimationFrame(function step(now) {
      if (this.player.tick(now)) {
        this.show();
        if (!this.player.playing) this.#on.rested();
      }
      this.#following = this.player.playing;
      if (this.#following) requestAnimationFrame(step.bind(this));
    }.bind(this));
  }
}
