// What another schedule, order or rule would reveal from the frame on screen. The call was made already: its predictions
// are kept, and only the choice among them is made anew.

import { count } from "./words.js";

export class Peek {
  #stage;
  #pure;
  #inputs;
  #words;
  #asked = 0;

  /**
   * @param {(id: string) => HTMLElement} part by id
   * @param {import("./stage.js").Stage} stage
   * @param {import("./pure-client.js").Pure} pure
   */
  constructor(part, stage, pure) {
    this.#stage = stage;
    this.#pure = pure;
    this.#inputs = { how: part("peek-how"), order: part("peek-order") };
    this.#words = part("peek-words");
    for (const input of Object.values(this.#inputs)) input.addEventListener("change", () => this.show());
  }

  /** @param {{schedules: object[], orders: object[], rules: object[]}} choices */
  offer({ schedules, orders, rules }) {
    const option = (name, value) => new Option(name, value);
    const group = (label, options) => {
      const box = document.createElement("optgroup");
      box.label = label;
      box.append(...options);
      return box;
    };
    this.#inputs.how.replaceChildren(
      option("nothing else", ""),
      group("Schedules", schedules.map(({ name }) => option(name, name))),
      group("Rules", rules.map(({ name, spelled }) => option(name, `rule ${spelled}`))),
    );
    this.#inputs.order.replaceChildren(...orders.map(({ name }) => option(name, name)));
  }

  /** Asks anew, as after every move of the scrubber. */
  async show() {
    const asked = ++this.#asked;
    const { how, order } = this.#inputs;
    order.disabled = how.value === "" || how.value.startsWith("rule ");
    const { words, positions } = await this.#ask(how.value, order.value);
    if (asked !== this.#asked) return; // the scrubber has moved on
    this.#words.textContent = words;
    const { wouldReveal } = this.#stage.look;
    if (wouldReveal.size === 0 && positions.length === 0) return;
    wouldReveal.clear();
    for (const position of positions) wouldReveal.add(position);
    this.#stage.repaint();
  }

  async #ask(how, order) {
    if (how === "" || this.#stage.runs.length === 0) return { words: "", positions: [] };
    const [panel] = this.#stage.open;
    const { run } = panel;
    const k = panel.frameAt(this.#stage.player.shown);
    const next = run.frames[k + 1];
    if (!next) return { words: "No call was made from here: step back.", positions: [] };
    const rule = how.startsWith("rule ") ? how.slice(5) : undefined;
    const settings = {
      ...(rule ? { rule } : { schedule: how, order }),
      steps: Math.max(run.steps - k, 1),
      seed: run.settings.seed,
    };
    try {
      const found = await this.#pure.ask("wouldReveal", settings, run.frames[k].tokens, next.predictions, run.mask);
      const positions = found.map(([position]) => position);
      const both = next.revealed.filter(({ position }) => positions.includes(position)).length;
      const its = count(next.revealed.length, "token");
      const which = this.#stage.open.length > 1 ? "The first run" : "The run";
      const anew = rule ? "" : " Its schedule begins anew here, with the calls that are left.";
      return { words: `It would reveal ${count(positions.length, "token")} (dashed). ${which} revealed ${its}, ${both} of them the same.${anew}`, positions };
    } catch (fault) {
      return { words: fault.message, positions: [] };
    }
  }
}
