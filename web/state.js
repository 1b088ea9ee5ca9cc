// The whole of what the page is set to, and its form in the address: everything after the "#". Pure.
//
// A link must stay short enough for a chat or a slide, and must never be half understood: what is wrong with it is told,
// and then nothing of it is taken.

/** The only version that is written and read. */
export const VERSION = 1;
/** The longest hash that is written or read, in bytes. */
export const MOST_BYTES = 2048;

export const COLOURS = ["step", "confidence", "entropy", "none"];

/**
 * @typedef {[number, number]} Pin position, token
 * @typedef {{prompt: string, pins: Pin[], schedule: string, order: string, rule: string, steps: number,
 *            temperature: number, seed: number}} Settings with a rule, schedule and order rest
 * @typedef {Partial<Pick<Settings, "schedule" | "order" | "rule" | "steps" | "temperature" | "seed">>} Other
 * @typedef {{settings: Settings, compare: Other | null, colour: string, frame: number | undefined}} State
 *   compare: what the second run has otherwise; frame: the call to look at, the last one if undefined
 */

/** @returns {State} what the page opens with */
export const firstState = () => ({
  settings: {
    prompt: "Once upon a time",
    pins: [],
    schedule: "adaptive-min",
    order: "random",
    rule: "",
    steps: 32,
    temperature: 1,
    seed: 10,
  },
  compare: null,
  colour: "step",
  frame: undefined,
});

const whole = (label, least, most) => (text) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new Error(`${label} is “${short(text)}”; accepted are whole numbers from ${least} to ${most}`);
  }
  return value;
};

const spelled = (label, empty = false) => (text) => {
  if (empty && text === "") return "";
  if (!/^[a-z][a-z0-9-]*(:[a-z0-9=.,-]*)?$/.test(text) || text.length > 80) {
    throw new Error(`${label} is “${short(text)}”; accepted is a name in small letters, as in the page’s list`);
  }
  return text;
};

function temperature(text) {
  const value = Number(text);
  if (!/^\d+(\.\d+)?(e-?\d+)?$/.test(text) || !(value >= 0 && value <= 10)) {
    throw new Error(`temperature is “${short(text)}”; accepted are numbers from 0 to 10`);
  }
  return value;
}

function pins(text) {
  if (text === "") return [];
  const found = text.split("_").map((one) => {
    if (!/^\d{1,5}\.\d{1,7}$/.test(one)) throw new Error(`pins hold “${short(one)}”; accepted is position.token, as in 12.345`);
    return one.split(".").map(Number);
  });
  const rising = found.every(([position], at) => at === 0 || position > found[at - 1][0]);
  if (!rising) throw new Error("pins are not in the order of their positions");
  return found;
}

function colour(text) {
  if (!COLOURS.includes(text)) throw new Error(`colour is “${short(text)}”; accepted are ${COLOURS.join(", ")}`);
  return text;
}

const short = (text) => (text.length > 30 ? `${text.slice(0, 30)}…` : text);

const READ = {
  prompt: (text) => text,
  pins,
  schedule: spelled("schedule"),
  order: spelled("order"),
  rule: spelled("rule", true),
  steps: whole("steps", 1, 100_000),
  temperature,
  seed: whole("seed", 0, Number.MAX_SAFE_INTEGER),
};

/** What the second run may have otherwise; prompt and pins are the same for both. */
const OTHERS = ["schedule", "order", "rule", "steps", "temperature", "seed"];

const asText = (name, value) => (name === "pins" ? value.map((pin) => pin.join(".")).join("_") : String(value));

/**
 * @param {State} state
 * @returns {string} starting with "#"; what is as in `firstState` is left out
 * @throws {Error} when it would be longer than MOST_BYTES
 */
export function writeHash({ settings, compare, colour, frame }) {
  const first = firstState();
  const words = new URLSearchParams([["v", VERSION]]);
  for (const name of Object.keys(READ)) {
    const text = asText(name, settings[name]);
    if (text !== asText(name, first.settings[name])) words.append(name, text);
  }
  if (compare) {
    words.append("compare", "1");
    for (const name of OTHERS) {
      const value = compare[name];
      if (value !== undefined && !(name === "rule" && value === "")) words.append(`b.${name}`, value);
    }
  }
  if (colour !== first.colour) words.append("colour", colour);
  if (frame !== undefined) words.append("frame", frame);
  const hash = `#${words}`;
  if (hash.length > MOST_BYTES) {
    throw new Error(`This state takes ${hash.length} bytes in a link; a link holds ${MOST_BYTES}. Save the trace instead.`);
  }
  return hash;
}

/**
 * @param {string} hash as in `location.hash`
 * @returns {State | undefined} nothing for an empty hash
 * @throws {Error} a sentence for the reader, naming what is wrong
 */
export function readHash(hash) {
  if (hash === "" || hash === "#") return undefined;
  if (hash.length > MOST_BYTES) throw new Error(`it has ${hash.length} bytes; a link has at most ${MOST_BYTES}`);
  const words = new URLSearchParams(hash.slice(1));
  const version = words.get("v");
  if (version === null) throw new Error("it does not say its version (v=1)");
  if (/^\d+$/.test(version) && Number(version) > VERSION) {
    throw new Error(`it is of version ${short(version)}, made by a newer page; this page reads version ${VERSION}`);
  }
  if (version !== String(VERSION)) throw new Error(`its version is “${short(version)}”; this page reads version ${VERSION}`);
  const state = firstState();
  const seen = new Set();
  for (const [name, text] of words) {
    if (seen.has(name)) throw new Error(`${short(name)} is given twice`);
    seen.add(name);
    if (name === "v") continue;
    if (name === "compare" && text === "1") state.compare ??= {};
    else if (name === "colour") state.colour = colour(text);
    else if (name === "frame") state.frame = whole("frame", 0, 100_000)(text);
    else if (Object.hasOwn(READ, name)) state.settings[name] = READ[name](text);
    else if (OTHERS.some((other) => name === `b.${other}`)) (state.compare ??= {})[name.slice(2)] = READ[name.slice(2)](text);
    else throw new Error(`it holds “${short(name)}”, which this page does not know`);
  }
  return state;
}

/**
 * What the engine is asked for: with a rule neither schedule nor order.
 * @param {Settings} settings
 * @param {Other} [other] what this run has otherwise
 */
export function wanted(settings, other = {}) {
  const free = other.schedule !== undefined ? { rule: "" } : {}; // a schedule of its own takes the place of a rule
  const { prompt, pins, schedule, order, rule, steps, temperature, seed } = { ...settings, ...free, ...other };
  const how = rule ? { rule } : { schedule, order };
  return { prompt, pins, ...how, steps, temperature, seed };
}
