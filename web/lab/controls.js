// The form: which law, how many tokens and calls, which schedules.

import { fault } from "../settings.js";
import { DEFAULTS } from "./look.js";
import { ladder, nearestStop } from "./scales.js";
import { sample } from "./svg.js";

const byId = (id) => document.getElementById(id);
const put = (id, value) => {
  if (byId(id).value !== String(value)) byId(id).value = value; // else the caret would jump
};

export class Controls {
  #state;
  #lengths = [2, 256];
  #about = new Map();

  /** @param {(action: object) => void} tell hears of every change, for the reducer */
  constructor(tell) {
    const set = (changes) => tell({ type: "set", ...changes });
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    byId("law").addEventListener("change", () => set({ law: byId("law").value.trim() }));
    byId("law-choice").addEventListener("change", ({ target }) => target.value && set({ law: target.value }));
    byId("focus").addEventListener("change", ({ target }) => set({ focus: target.value }));
    for (const name of ["length", "steps"]) {
      // Taken when the field is left or Enter is pressed: the first figure of a number is no number. A refused value stays,
      // with its message, until another is given.
      byId(name).addEventListener("input", () => this.#check(name));
      byId(name).addEventListener("change", () => this.#check(name) && set({ [name]: Number(byId(name).value) }));
    }
    byId("length-slider").addEventListener("input", ({ target }) => set({ length: Number(target.value) }));
    byId("steps-slider").addEventListener("input", ({ target }) => set({ steps: ladder(this.#state.length)[target.value] }));
    byId("schedules").addEventListener("change", ({ target }) => tell({ type: "show", name: target.value, on: target.checked }));
  }

  /** @param {object} choices what the wasm module offers @param {(name: string) => object} look */
  offer({ laws, schedules, length }, look) {
    this.#lengths = length;
    for (const { spec, name, about } of [...laws, ...schedules]) this.#about.set(spec ?? name, about);
    byId("law-choice").replaceChildren(...laws.map(({ spec }) => new Option(spec, spec)), new Option("your own spelling", ""));
    byId("focus").replaceChildren(...schedules.map(({ name }) => new Option(name, name)));
    const box = ({ name, about }) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "checkbox", value: name });
      label.title = about;
      label.append(input, sample(look(name)), name);
      return label;
    };
    const first = ({ name }) => DEFAULTS.includes(name);
    byId("shown").replaceChildren(...schedules.filter(first).map(box));
    byId("shown-more").replaceChildren(...schedules.filter((one) => !first(one)).map(box));
    this.show(this.#state);
  }

  /** @param {import("./state.js").State} state */
  show(state) {
    this.#state = state;
    if (byId("law").ariaInvalid !== "true") put("law", state.law); // else it can still be mended
    const choice = byId("law-choice");
    choice.value = byId("law").value;
    if (choice.selectedIndex < 0) choice.value = "";
    byId("law-about").textContent = this.#about.get(choice.value) ?? "";
    byId("focus").value = state.focus;
    byId("focus-about").textContent = this.#about.get(state.focus) ?? "";
    const stops = ladder(state.length);
    byId("length-slider").min = byId("length").min = this.#lengths[0];
    byId("length-slider").max = byId("length").max = this.#lengths[1];
    byId("steps").max = state.length;
    byId("steps-slider").max = stops.length - 1;
    put("length-slider", state.length);
    put("steps-slider", nearestStop(stops, state.steps));
    byId("steps-slider").setAttribute("aria-valuetext", `${state.steps} of ${state.length}`);
    for (const name of ["length", "steps"]) {
      put(name, state[name]);
      this.#check(name);
    }
    for (const box of byId("schedules").querySelectorAll("input")) box.checked = state.schedules.includes(box.value);
  }

  /** @param {string} message why the law was refused, "" when it was not */
  refuse(message) {
    byId("law").ariaInvalid = String(message !== "");
    byId("law-fault").textContent = message;
  }

  #check(name) {
    const [min, max] = name === "length" ? this.#lengths : [1, this.#state.length];
    const message = fault(byId(name).value, { label: name === "length" ? "L" : "K", min, max, whole: true });
    byId(name).ariaInvalid = String(message !== "");
    byId(`${name}-fault`).textContent = message;
    return message === "";
  }
}
