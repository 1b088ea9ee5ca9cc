// The form: what the next run shall be, and the second one beside it.

import { FIRST_RANGES, fault, rangesOf } from "./settings.js";

const NUMBERS = ["steps", "temperature", "seed"];
/** The same fields for the second run; empty ones are as in the first. */
const OTHERS = NUMBERS.map((name) => `b-${name}`);
const SAME = "as in the first";

export class Controls {
  #form;
  #on;
  #ranges = FIRST_RANGES;
  #limits;
  #pins = [];

  /**
   * @param {HTMLFormElement} form
   * @param {{run: (state: object) => void, changed: () => void}} on
   *   run: told settings that passed the checks; changed: something else is set
   */
  constructor(form, on) {
    this.#form = form;
    this.#on = on;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const state = this.read();
      if (state) on.run(state);
    });
    const { steps, seed, compare } = form.elements;
    const slider = form.elements["steps-slider"];
    slider.addEventListener("input", () => {
      steps.value = slider.value;
      this.#check("steps");
    });
    steps.addEventListener("input", () => (slider.value = steps.value));
    for (const name of [...NUMBERS, ...OTHERS]) form.elements[name].addEventListener("input", () => this.#check(name));
    form.elements["new-seed"].addEventListener("click", () => {
      // Six digits are enough to be new, and can be read out to somebody.
      seed.value = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
      this.#check("seed");
      on.changed();
    });
    for (const name of ["schedule", "order"]) form.elements[name].addEventListener("change", () => this.#explain(name));
    for (const name of ["schedule", "b-schedule"]) form.elements[name].addEventListener("change", () => this.#free());
    compare.addEventListener("change", () => this.#unfold());
    form.addEventListener("change", () => on.changed());
    this.#unfold();
  }

  /** @param {{schedules: object[], orders: object[], rules: object[], limits: object}} choices what the engine offers */
  offer({ schedules, orders, rules, limits }) {
    this.#limits = limits;
    const how = [
      { label: "Schedules", offers: schedules.map(({ name, about }) => ({ name, value: name, about })) },
      { label: "Rules: the predictions decide", offers: rules.map(({ name, spelled, about }) => ({ name, value: `rule ${spelled}`, about })) },
    ];
    const which = [{ label: "", offers: orders.map(({ name, about }) => ({ name, value: name, about })) }];
    for (const [name, groups] of [["schedule", how], ["order", which]]) {
      this.#fill(name, groups);
      this.#fill(`b-${name}`, [{ label: "", offers: [{ name: SAME, value: "", about: "" }] }, ...groups]);
    }
    this.#setRanges(rangesOf(this.#ranges.steps.max, limits));
    this.#free();
  }

  /** @param {number} length L, tokens of the model's text */
  fit(length) {
    this.#setRanges(rangesOf(length, this.#limits ?? { temperature: [0, 10], seed: [0, Number.MAX_SAFE_INTEGER] }));
    this.#form.elements.generate.disabled = false;
  }

  /** Pins of the next run. @param {import("./state.js").Pin[]} pins */
  setPins(pins) {
    this.#pins = pins;
    const words = document.getElementById("pins-words");
    words.textContent = pins.length === 0 ? "" : `${pins.length === 1 ? "1 token is" : `${pins.length} tokens are`} pinned.`;
    document.getElementById("pins").hidden = pins.length === 0;
  }

  get pins() {
    return this.#pins;
  }

  /**
   * @param {{focus?: boolean}} [how] focus: whether the first field that is refused gets the focus, as after a wish to run
   * @returns {Pick<import("./state.js").State, "settings" | "compare"> | undefined} nothing when a field is refused
   */
  read({ focus = true } = {}) {
    const { compare } = this.#form.elements;
    const names = compare.checked ? [...NUMBERS, ...OTHERS] : NUMBERS;
    const refused = names.filter((name) => !this.#check(name));
    if (refused.length > 0) {
      if (focus) this.#form.elements[refused[0]].focus();
      return undefined;
    }
    const value = (name) => this.#form.elements[name].value;
    const number = (name) => Number(value(name));
    const settings = {
      prompt: value("prompt"),
      pins: this.#pins,
      ...howOf(value("schedule")),
      order: value("order"),
      steps: number("steps"),
      temperature: number("temperature"),
      seed: number("seed"),
    };
    if (!compare.checked) return { settings, compare: null };
    const other = value("b-schedule") === "" ? {} : howOf(value("b-schedule"));
    if (value("b-order") !== "") other.order = value("b-order");
    for (const name of NUMBERS) if (value(`b-${name}`) !== "") other[name] = number(`b-${name}`);
    return { settings, compare: other };
  }

  /** Sets every field. @param {Pick<import("./state.js").State, "settings" | "compare">} state */
  write({ settings, compare }) {
    const set = (name, value) => {
      const field = this.#form.elements[name];
      // A schedule with parameters is in no list, and is a choice all the same.
      if (field.matches("select") && ![...field.options].some((one) => one.value === value)) {
        field.append(new Option(value, value));
      }
      field.value = value;
    };
    set("prompt", settings.prompt);
    set("schedule", settings.rule ? `rule ${settings.rule}` : settings.schedule);
    set("order", settings.order);
    for (const name of NUMBERS) set(name, settings[name]);
    set("b-schedule", compare?.rule ? `rule ${compare.rule}` : (compare?.schedule ?? ""));
    set("b-order", compare?.order ?? "");
    for (const name of NUMBERS) set(`b-${name}`, compare?.[name] ?? "");
    this.#form.elements.compare.checked = compare !== null;
    this.#form.elements["steps-slider"].value = settings.steps;
    this.setPins(settings.pins);
    for (const name of [...NUMBERS, ...OTHERS]) this.#check(name);
    for (const name of ["schedule", "order"]) this.#explain(name);
    this.#unfold();
    this.#free();
  }

  /** @param {boolean} running */
  setRunning(running) {
    const { stop, generate } = this.#form.elements;
    if (!running && document.activeElement === stop) generate.focus(); // a disabled button would drop the focus
    stop.disabled = !running;
  }

  #unfold() {
    const { compare } = this.#form.elements;
    document.getElementById("second").hidden = !compare.checked;
  }

  // A rule looks for itself: it has no order.
  #free() {
    const { schedule, order } = this.#form.elements;
    order.disabled = schedule.value.startsWith("rule ");
    const second = this.#form.elements["b-schedule"];
    this.#form.elements["b-order"].disabled = (second.value || schedule.value).startsWith("rule ");
  }

  #check(name) {
    const field = this.#form.elements[name];
    const optional = name.startsWith("b-") && field.value === "" && !field.validity.badInput;
    const message = optional ? "" : fault(field.value, this.#ranges[name.replace("b-", "")]);
    field.setCustomValidity(message);
    field.ariaInvalid = String(message !== "");
    document.getElementById(`${name}-fault`).textContent = message;
    return message === "";
  }

  #setRanges(ranges) {
    this.#ranges = ranges;
    for (const name of [...NUMBERS, ...OTHERS]) {
      const field = this.#form.elements[name];
      field.min = ranges[name.replace("b-", "")].min;
      field.max = ranges[name.replace("b-", "")].max;
      if (field.value !== "") this.#check(name);
    }
    const slider = this.#form.elements["steps-slider"];
    slider.max = ranges.steps.max;
    slider.value = this.#form.elements.steps.value;
  }

  #fill(name, groups) {
    const select = this.#form.elements[name];
    const before = select.value;
    const parts = groups.flatMap(({ label, offers }) => {
      const options = offers.map((offer) => {
        const option = new Option(offer.name, offer.value);
        option.dataset.about = offer.about;
        return option;
      });
      if (label === "") return options;
      const group = document.createElement("optgroup");
      group.label = label;
      group.append(...options);
      return [group];
    });
    select.replaceChildren(...parts);
    if (![...select.options].some((option) => option.value === before)) select.append(new Option(before, before));
    select.value = before;
    if (!name.startsWith("b-")) this.#explain(name);
  }

  #explain(name) {
    const chosen = this.#form.elements[name].selectedOptions[0];
    document.getElementById(`${name}-about`).textContent = chosen?.dataset.about ?? "";
  }
}

/** A choice of the first list as settings: a rule, or a schedule. @param {string} value */
const howOf = (value) => (value.startsWith("rule ") ? { rule: value.slice(5) } : { rule: "", schedule: value });
