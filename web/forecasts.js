// What the model's measured profile says of a run: what its schedule is expected to lose, and what its own sizes do.

import { whyNoForecast } from "./facts.js";
import { fetchFile } from "./store/files.js";

export class Forecasts {
  #pure;
  #profile; // {length, profile: [{revealed, nats, se}]} of the model in use, if it was measured

  /** @param {import("./pure-client.js").Pure} pure */
  constructor(pure) {
    this.#pure = pure;
  }

  /** @param {string} model its folder @param {string} hash of the weights */
  async load(model, hash) {
    this.#profile = undefined;
    if (model === "own") return; // its files are the three that were opened
    const bytes = await fetchFile(`models/${model}/profile.json`, { optional: true }).catch(() => undefined);
    if (!bytes) return; // a model of one's own has none, and the page says so where it would stand
    const profile = JSON.parse(new TextDecoder().decode(bytes));
    if (profile.model === undefined || profile.model === hash) this.#profile = profile;
  }

  /** @param {import("./run.js").Run} run @returns {Promise<{expected?: number, drawn?: number, why?: string}>} nats */
  async of(run) {
    const { settings, frames, mask } = run;
    const known = this.#profile !== undefined && frames[0]?.tokens.length === this.#profile.length;
    const why = whyNoForecast(settings, known);
    if (why) return { why };
    const given = frames[0].tokens.filter((token) => token !== mask).length;
    const sizes = frames.slice(1).map(({ revealed }) => revealed.length);
    try {
      const expected = await this.#pure.ask("forecast", this.#profile, settings.schedule, settings.steps, given);
      const drawn = run.how === "finished" ? await this.#pure.ask("loss", this.#profile, sizes, given) : undefined;
      return { expected, drawn };
    } catch (fault) {
      return { why: fault.message };
    }
  }
}
