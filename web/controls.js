// The form: what the next run shall be.

import { FIRST_RANGES, fault, rangesOf } from "./settings.js";

const NUMBERS = ["steps", "temperature", "seed"];

export class Controls {
  #form;
  #ranges = FIRST_RANGES;
  #limits;

  /**
   * @param {HTMLFormElement} form
   * @param {(settings: object) => void} onGenerate told settings that passed the checks
   */
  constructor(form, onGenerate) {
    this.#form = form;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const settings = this.read();
      if (settings) onGenerate(settings);
    });
    const { steps, seed } = form.elements;
    const slider = form.elements["steps-slider"];
    slider.addEventListener("input", () => {
      steps.value = slider.value;
      this.#check("steps");
    });
    steps.addEventListener("input", () => (slider.value = steps.value));
    for (const name of NUMBERS) form.elements[name].addEventListener("input", () => this.#check(name));
    form.elements["new-seed"].addEventListener("click", () => {
      // Six digits are enough to be new, and can be read out to somebody.
      seed.value = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
      this.#check("seed");
    });
    for (const name of ["schedule", "order"]) form.elements[name].addEventListener("change", () => this.#explain(name));
  }

  /** @param {{schedules: object[], orders: object[], limits: object}} choices what the engine offers */
  offer({ schedules, orders, limits }) {
    this.#limits = limits;
    this.#fill("schedule", schedules);
    this.#fill("order", orders);
    this.#setRanges(rangesOf(this.#ranges.steps.max, limits));
  }

  /** @param {number} length L, tokens of the model's text */
  fit(length) {
    this.#setRanges(rangesOf(length, this.#limits));
    this.#form.elements.generate.disabled = false;
  }

  /** @returns {object | undefined} nothing when a field is refused; the first such field then has the focus */
  read() {
    const refused = NUMBERS.filter((name) => !this.#check(name));
    if (refused.length > 0) {
      this.#form.elements[refused[0]].focus();
      return undefined;
    }
    const value = (name) => this.#form.elements[name].value;
    return {
      prompt: value("prompt"),
      schedule: value("schedule"),
      order: value("order"),
      steps: Number(value("steps")),
      temperature: Number(value("temperature")),
      seed: Number(value("seed")),
    };
  }

  /** @param {boolean} running */
  setRunning(running) {
    const { stop, generate } = this.#form.elements;
    if (!running && document.activeElement === stop) generate.focus(); // a disabled button would drop the focus
    stop.disabled = !running;
  }

  #check(name) {
    const field = this.#form.elements[name];
    const message = fault(field.value, this.#ranges[name]);
    field.setCustomValidity(message);
    field.ariaInvalid = String(message !== "");
    document.getElementById(`${name}-fault`).textContent = message;
    return message === "";
  }

  #setRanges(ranges) {
    this.#ranges = ranges;
    for (const name of NUMBERS) {
      this.#form.elements[name].min = ranges[name].min;
      this.#form.elements[name].max = ranges[name].max;
      if (this.#form.elements[name].value !== "") this.#check(name);
    }
    const slider = this.#form.elements["steps-slider"];
    slider.max = ranges.steps.max;
    slider.value = this.#form.elements.steps.value;
  }

  #fill(name, offers) {
    const select = this.#form.elements[name];
    const before = select.value;
    const options = offers.map((offer) => {
      const option = new Option(offer.name, offer.name);
      option.dataset.about = offer.about;
      return option;
    });
    select.replaceChildren(...options);
    if (offers.some((offer) => offer.name === before)) select.value = before;
    this.#explain(name);
  }

  #explain(name) {
    const chosen = this.#form.elements[name].selectedOptions[0];
    document.getElementById(`${name}-about`).textContent = chosen?.dataset.about ?? "";
  }
}
