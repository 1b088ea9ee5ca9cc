// The page's side of the model's worker: what it tells becomes runs, and news of the model.

import { newRun } from "./run.js";

export class Engine {
  #begin;
  #worker;
  #hear;
  #runs = new Map(); // id -> {run, changed}
  #asked = new Map(); // id -> how the promise of an encoding ends
  #next = 1; // 0 is the worker's own
  /** {info, vocabulary, backend, adapter, reason} once there is a model */
  model;

  /**
   * @param {() => Worker} begin makes the worker of worker.js; not before there is something to load
   * @param {Record<"stage" | "download" | "ready" | "error" | "lost" | "measured", (told: object) => void>} hear
   */
  constructor(begin, hear) {
    this.#begin = begin;
    this.#hear = hear;
  }

  /** @param {{model: string, backend: string, files?: object}} what */
  load(what) {
    this.#runs.clear();
    this.#worker ??= this.#open();
    this.#worker.postMessage({ type: "load", ...what });
  }

  #open() {
    const worker = this.#begin();
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onerror = ({ message }) => {
      const words = message ?? "this browser could not start it";
      this.#hear.error({ message: `The page’s worker broke down: ${words}.`, kind: "worker" });
    };
    return worker;
  }

  measure() {
    this.#worker.postMessage({ type: "measure" });
  }

  /** @param {string} text @returns {Promise<number[]>} its tokens */
  encode(text) {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#asked.set(id, { resolve, reject });
      this.#worker.postMessage({ type: "encode", id, text });
    });
  }

  /**
   * @param {object} settings what the engine is asked for
   * @param {{together?: boolean, score?: boolean}} how together: takes turns with others that do
   * @param {(run: import("./run.js").Run, what: "header" | "frame" | "end" | "score" | "refused" | "failed",
   *   message?: string) => void} changed
   * @returns {import("./run.js").Run} growing from now on
   */
  start(settings, { together = false, score = false }, changed) {
    const run = newRun(settings, { mask: this.model.info.mask, vocabulary: this.model.vocabulary });
    run.id = this.#next++;
    run.how = "running";
    this.#runs.set(run.id, { run, changed });
    this.#worker.postMessage({ type: "start", run: run.id, settings, together, score });
    return run;
  }

  /** @param {import("./run.js").Run} run */
  stop(run) {
    this.#worker.postMessage({ type: "stop", run: run.id });
  }

  /** Hears no more of a run, and stops it. @param {import("./run.js").Run} run */
  drop(run) {
    if (this.#runs.delete(run.id)) this.stop(run);
  }

  #receive(data) {
    if (data.type === "encoded") return this.#encoded(data);
    if (data.run === undefined) {
      if (data.type === "ready") this.model = data;
      return this.#hear[data.type](data);
    }
    const { run, changed } = this.#runs.get(data.run) ?? {};
    if (!run) return undefined;
    if (data.type === "header") {
      Object.assign(run, { headerLine: data.line, header: JSON.parse(data.line), steps: data.calls });
    } else if (data.type === "frame") {
      const { step } = data.frame;
      run.lines[step] = data.line;
      run.frames[step] = data.frame;
      run.texts[step] = data.text;
      if (step > 0) run.ms[step - 1] = data.ms;
    } else if (data.type === "scored") {
      this.#runs.delete(run.id);
      if (data.score) run.score = data.score;
      return changed(run, "score");
    } else {
      run.how = data.type === "end" ? data.how : "failed";
      run.steps = Math.max(run.frames.length - 1, 0);
      if (data.type !== "end") this.#runs.delete(run.id);
    }
    return changed(run, data.type, data.message);
  }

  #encoded({ id, tokens, fault }) {
    const { resolve, reject } = this.#asked.get(id);
    this.#asked.delete(id);
    if (fault === undefined) resolve(tokens);
    else reject(new Error(fault));
  }
}
