// Many texts of each schedule, judged when the model was made: what no single run can show.

import { element } from "./guide/element.js";
import { fetchFile } from "./store/files.js";

/** What can be shown of a schedule's texts, by its name in the file. */
export const MEASURES = {
  perplexity: {
    label: "perplexity under a judge",
    words: "How surprised a small model that reads from left to right is by a text. Lower is better, unless texts repeat themselves.",
  },
  predicted: {
    label: "loss, predicted",
    words: "Nats a text that the model’s information profile says the schedule loses, the model’s own errors apart.",
  },
  entropy: {
    label: "entropy of the tokens",
    words: "Nats. A text that repeats itself has less than held-out text.",
  },
  distinct_2: {
    label: "distinct pairs",
    words: "The share of a text’s pairs of neighbours that are different ones.",
  },
  copied: {
    label: "copied from the training text",
    words: "The share of a text’s runs of eight tokens that stand in the training text.",
  },
};

/** A mean with half its 95 % interval, to two digits of doubt. */
export function doubtful({ mean, within }) {
  const digits = within > 0 ? Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(within)))) : mean % 1 === 0 ? 0 : 3;
  return within > 0 ? `${mean.toFixed(digits)} ± ${within.toFixed(digits)}` : mean.toFixed(digits);
}

/**
 * @param {object} judged what `unmask eval --format json` says of samples
 * @param {keyof typeof MEASURES} measure
 * @returns {{words: string, head: string[], rows: string[][]}} one row a schedule, one column a number of calls
 */
export function tabled({ sweep, rows, held_out: heldOut }, measure) {
  const names = [...new Set(rows.map(({ strategy }) => strategy))];
  const cell = (name, calls) => {
    const value = rows.find(({ strategy, steps }) => strategy === name && steps === calls)?.[measure];
    return value ? doubtful(value) : "–";
  };
  const text = heldOut?.[measure] ? ` Held-out text itself: ${doubtful(heldOut[measure])}.` : "";
  return {
    words:
      `${MEASURES[measure].words} Means of ${sweep.runs} texts of ${sweep.masked} tokens each, with 95 % intervals; ` +
      `temperature ${sweep.temperature}.${text}`,
    head: ["calls", ...sweep.steps.map(String)],
    rows: names.map((name) => [name, ...sweep.steps.map((calls) => cell(name, calls))]),
  };
}

export class Judged {
  #part;
  #judged;

  /** @param {(id: string) => HTMLElement} part by id */
  constructor(part) {
    this.#part = part;
    const options = Object.entries(MEASURES).map(([name, { label }]) => new Option(label, name));
    part("judged-what").replaceChildren(...options);
    part("judged-what").addEventListener("change", () => this.#show());
    part("judged").addEventListener("toggle", () => this.load());
  }

  /** After the model, which is waited for; before it, if somebody wants to know. */
  async load() {
    if (this.#judged) return;
    try {
      const bytes = await fetchFile("models/default/judged.json");
      this.#judged = JSON.parse(new TextDecoder().decode(bytes));
      this.#show();
    } catch (fault) {
      this.#part("judged-words").textContent = `The numbers could not be loaded: ${fault.message}`;
    }
  }

  #show() {
    if (!this.#judged) return;
    const { words, head, rows } = tabled(this.#judged, this.#part("judged-what").value);
    const line = (name, cells, kind) =>
      element("tr", {}, element("th", { scope: kind === "td" ? "row" : "col" }, name), ...cells.map((text) => {
        return element(kind, kind === "th" ? { scope: "col" } : {}, text);
      }));
    this.#part("judged-words").textContent = words;
    this.#part("judged-table").replaceChildren(
      element("thead", {}, line(head[0], head.slice(1), "th")),
      element("tbody", {}, ...rows.map(([name, ...cells]) => line(name, cells, "td"))),
    );
  }
}
