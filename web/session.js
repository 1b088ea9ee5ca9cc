// The runs that are wanted and the runs that are shown: asks the engine, hears of frames, tells the stage.

import { lastOf, sameSettings } from "./run.js";
import { wanted } from "./state.js";

export class Session {
  #engine;
  #stage;
  #forecasts;
  #on;
  #shadow; // the live run that will take a recorded one's place
  #seek; // the call to go to once the runs have ended

  /**
   * @param {import("./engine.js").Engine} engine
   * @param {import("./stage.js").Stage} stage
   * @param {import("./forecasts.js").Forecasts} forecasts
   * @param {{shown: () => void, refused: (message: string) => void, failed: (message: string) => void}} on
   *   shown: what is on the stage has changed
   */
  constructor(engine, stage, forecasts, on) {
    this.#engine = engine;
    this.#stage = stage;
    this.#forecasts = forecasts;
    this.#on = on;
  }

  /** Begins what a state asks for. @param {import("./state.js").State} state */
  begin({ settings, compare, frame }) {
    this.drop();
    this.#seek = frame;
    const asked = compare ? [wanted(settings), wanted(settings, compare)] : [wanted(settings)];
    const hear = (run, what, message) => this.#hear(run, what, message);
    this.show(asked.map((one) => this.#engine.start(one, { together: true, score: true }, hear)));
  }

  /** Runs that are there already, as from a file. @param {import("./run.js").Run[]} runs */
  show(runs) {
    this.#stage.begin(runs);
    this.#tell(runs);
  }

  /** Runs that were on the stage before, and the call that was shown. @param {import("./run.js").Run[]} runs @param {number} k */
  restore(runs, k) {
    this.drop();
    this.#stage.restore(runs, k);
    this.#tell(runs);
  }

  /**
   * A recorded run is made again by the model, and its place is taken when that has come to its end: the same seed gives
   * the same frames.
   * @param {import("./state.js").State} state
   * @param {string} model hash of the weights
   * @returns {boolean} whether the run on the stage is the one that the state asks for
   */
  remake({ settings, compare }, model) {
    const [shown] = this.#stage.runs;
    const asked = wanted(settings);
    if (shown?.origin !== "recorded" || compare || shown.header.model !== model || !sameSettings(shown.settings, asked)) return false;
    this.#shadow = this.#engine.start(asked, { score: true }, (run, what) => this.#remade(run, what));
    return true;
  }

  #remade(run, what) {
    if (what === "frame" || what === "header") return;
    if (run === this.#shadow) {
      this.#shadow = undefined;
      if (run.how !== "finished") return;
      this.#stage.takeOver(run);
      this.#tell([run]);
    } else if (this.#stage.runs.includes(run)) {
      this.#tell([run]); // its score has come
    }
  }

  stop() {
    for (const run of this.#stage.runs) if (run.how === "running") this.#engine.stop(run);
  }

  /** Hears no more of runs under way: they stand where they are, stopped. */
  drop() {
    if (this.#shadow) this.#engine.drop(this.#shadow);
    this.#shadow = undefined;
    const under = this.#stage.runs.filter((run) => run.how === "running");
    for (const run of this.#stage.runs) this.#engine.drop(run);
    for (const run of under) Object.assign(run, { how: "stopped", steps: Math.max(lastOf(run), 0) });
    if (under.length === 0) return;
    this.#stage.end();
    this.#on.shown();
  }

  /** Asks the profile anew, as when it has come. */
  forecast() {
    for (const run of this.#stage.runs) this.#forecast(run);
  }

  async #forecast(run) {
    this.#stage.forecast(run, await this.#forecasts.of(run));
  }

  #tell(runs) {
    for (const run of runs) if (lastOf(run) >= 0) this.#forecast(run);
    this.#stage.tell();
    this.#on.shown();
  }

  #hear(run, what, message) {
    if (!this.#stage.runs.includes(run)) return; // other runs are on the stage
    if (what === "header") this.#stage.recount();
    else if (what === "frame") this.#stage.grow(run);
    else if (what !== "score") this.#stage.end();
    if (what === "refused") {
      this.#stage.panels.find((panel) => panel.run === run).clear();
      this.#on.refused(message);
    }
    if (what === "failed") this.#on.failed(message);
    if (this.#stage.player.ended && this.#seek !== undefined) {
      this.#stage.transport.seek(this.#seek);
      this.#seek = undefined;
    }
    if (what !== "frame" || run.frames.length === 1) this.#tell([run]);
    else this.#on.shown();
  }
}
