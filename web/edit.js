// Editing: which cells are selected, and what is done with them. Every edit can be undone, with the runs it replaced.

import { History, keepOf, pinAt, promptLength, unpin } from "./pins.js";
import { count, cutWords } from "./words.js";

export class Edit {
  #parts;
  #on;
  #stage;
  #inspector;
  #history = new History();
  #anchor;
  #cut = []; // tokens of the typed text

  /**
   * @param {(id: string) => HTMLElement} part by id
   * @param {import("./stage.js").Stage} stage
   * @param {import("./inspector.js").Inspector} inspector
   * @param {{encode: (text: string) => Promise<number[]>, pins: () => import("./state.js").Pin[],
   *   state: () => object, change: (pins: import("./state.js").Pin[], more?: object) => void, runOn: () => void,
   *   vocabulary: () => string[] | undefined, restore: (before: object) => void}} on
   *   state: what undo shall bring back; change: other pins for the next run, and what else it shall have; runOn: makes it;
   *   vocabulary: that of the model that is loaded
   */
  constructor(part, stage, inspector, on) {
    this.#stage = stage;
    this.#inspector = inspector;
    this.#on = on;
    const names = ["pin-text", "pin-cut", "pin", "unpin", "remask", "run-on", "undo", "edit-said"];
    this.#parts = Object.fromEntries(names.map((name) => [name, part(name)]));
    const click = (name, act) => this.#parts[name].addEventListener("click", () => this.#try(act));
    click("pin", () => this.#pin(this.#cut));
    click("unpin", () => this.#unpin());
    click("remask", () => this.#runOn(this.#stage.look.selected));
    click("run-on", () => this.#runOn(new Set()));
    click("undo", () => this.#undo());
    this.#parts["pin-text"].addEventListener("input", () => this.#preview());
    this.#parts["pin-text"].addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#parts.pin.click();
    });
    this.show();
  }

  #try(act) {
    try {
      this.#parts["edit-said"].textContent = act() ?? "";
    } catch (fault) {
      this.#parts["edit-said"].textContent = fault.message;
    }
    this.show();
  }

  /** @param {import("./panel.js").Panel} panel @param {number} position @param {"one" | "toggle" | "range"} how */
  select(panel, position, how) {
    const { selected } = this.#stage.look;
    if (how === "range" && this.#anchor !== undefined) {
      const [from, to] = [this.#anchor, position].sort((one, other) => one - other);
      selected.clear();
      for (let at = from; at <= to; at++) selected.add(at);
    } else if (how === "toggle") {
      if (!selected.delete(position)) selected.add(position);
      this.#anchor = position;
    } else {
      const again = selected.size === 1 && selected.has(position);
      selected.clear();
      if (!again) selected.add(position);
      this.#anchor = position;
    }
    this.#inspector.point(panel, position);
    this.#stage.repaint();
    this.show();
  }

  /** Nothing is selected any more. */
  clear() {
    this.#stage.look.selected.clear();
    this.#stage.repaint();
    this.show();
  }

  /** Pins one of the model's guesses. @param {number} position @param {number} token */
  guess(position, token) {
    this.#try(() => this.#pinAt(position, [token]));
  }

  async #preview() {
    const text = this.#parts["pin-text"].value;
    const cut = text === "" ? [] : await this.#on.encode(text).catch(() => []);
    if (text !== this.#parts["pin-text"].value) return; // typed on in the meantime
    this.#cut = cut;
    const { vocabulary } = this.#stage.runs[0] ?? { vocabulary: [] };
    this.#parts["pin-cut"].textContent = cut.length === 0 ? "" : cutWords(cut, vocabulary);
    this.show();
  }

  // Tokens are numbers: of another vocabulary they are other words.
  #ofModel(run) {
    const vocabulary = this.#on.vocabulary();
    const same = vocabulary === run.vocabulary || (vocabulary?.length === run.vocabulary.length && vocabulary.every((form, at) => form === run.vocabulary[at]));
    if (!same) throw new Error("The run on screen is of another model than the one that is loaded: open that one to go on from it.");
  }

  #first() {
    const { selected } = this.#stage.look;
    if (selected.size === 0) throw new Error("Select the cell where it shall stand.");
    return Math.min(...selected);
  }

  #pin(tokens) {
    const said = this.#pinAt(this.#first(), tokens);
    this.#parts["pin-text"].value = "";
    this.#preview();
    return said;
  }

  #pinAt(position, tokens) {
    const [run] = this.#stage.runs;
    this.#ofModel(run);
    if (tokens.includes(run.mask)) throw new Error("A mask cannot be pinned: it is what is not known yet.");
    const room = { length: run.frames[0].tokens.length, prompt: promptLength(run) };
    const pins = pinAt(this.#on.pins(), position, tokens, room);
    this.#push();
    this.#on.change(pins);
    return `Pinned from position ${position} on. The next run keeps it.`;
  }

  #unpin() {
    const pins = unpin(this.#on.pins(), this.#stage.look.selected);
    const gone = this.#on.pins().length - pins.length;
    if (gone === 0) return "No pin is selected.";
    this.#push();
    this.#on.change(pins);
    return `${count(gone, "pin")} taken out. The next run is free there.`;
  }

  /** All pins go. */
  unpinAll() {
    this.#try(() => {
      this.#push();
      this.#on.change([]);
      return "All pins are taken out.";
    });
  }

  // On from the frame on screen: what stands there is given, what is selected is masked again.
  #runOn(masked) {
    const panel = this.#inspector.panel ?? this.#stage.open[0];
    const k = panel.frameAt(this.#stage.player.shown);
    this.#ofModel(panel.run);
    const pins = keepOf(panel.run, k, masked);
    this.#push();
    this.#on.change(pins, { prompt: panel.run.settings.prompt });
    this.clear();
    this.#on.runOn();
    return `On from call ${k}: ${count(pins.length, "token")} kept.`;
  }

  #push() {
    this.#history.push(this.#on.state());
  }

  #undo() {
    const before = this.#history.pop();
    if (before) this.#on.restore(before);
    return before ? "Undone." : "";
  }

  /** Brings the buttons in line with what can be done. */
  show() {
    const { selected } = this.#stage.look;
    const runs = this.#stage.runs;
    const live = runs.length > 0 && runs.every((run) => run.frames.length > 0);
    const enable = (name, can) => (this.#parts[name].ariaDisabled = String(!can));
    enable("pin", live && selected.size > 0 && this.#cut.length > 0);
    enable("unpin", this.#on.pins().some(([at]) => selected.has(at)));
    enable("remask", live && selected.size > 0);
    enable("run-on", live);
    enable("undo", !this.#history.empty);
  }
}
