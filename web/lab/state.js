// What the view is asked to show, how it changes, and its form in the address: everything after the "#". Pure: random
// numbers come with the action.
//
// A link is written in full, so that it outlives a change of what the lab opens with, and is never half understood: what is
// wrong with it is told, and then nothing of it is taken.

import { DEFAULTS } from "./look.js";

/** @typedef {{law: string, length: number, steps: number, wanted: number, schedules: string[], focus: string, seeds: bigint[]}} State */

/** As many draws as are kept on screen. */
export const KEPT = 12;

/** The only version of links that is written and read. */
export const VERSION = 1;
/** The longest hash that is written or read, in bytes. */
export const MOST_BYTES = 2048;

/** @param {bigint[]} seeds newest first @returns {State} */
export const firstState = (seeds) => ({
  law: "reed-solomon:k=23,q=256",
  length: 64,
  steps: 8,
  wanted: 8,
  schedules: DEFAULTS,
  focus: "adaptive-min",
  seeds,
});

/**
 * @param {State} state
 * @param {object} action one of
 *   {type: "set", seed, ...changes}: any of the controls; the newest grid is drawn anew, the earlier ones keep their seeds
 *   {type: "show", name, on, all}: one schedule's curves; `all` gives the order
 *   {type: "draw", seed}: one more draw
 *   {type: "open", ...given}: what a link holds, as `readHash` gives it; draws that it does not name stay
 * @returns {State}
 */
export function reduce(state, { type, seed, all, ...given }) {
  switch (type) {
    case "set": {
      const wanted = given.steps ?? state.wanted;
      const next = { ...state, ...given, wanted, seeds: [seed, ...state.seeds.slice(1)] };
      // More calls than tokens cannot be; the wish for them is kept until there are tokens enough.
      return { ...next, steps: Math.max(1, Math.min(wanted, next.length)) };
    }
    case "show": {
      const wanted = (name) => (name === given.name ? given.on : state.schedules.includes(name));
      return { ...state, schedules: all.filter(wanted) };
    }
    case "open":
      return { ...state, ...given, wanted: given.wanted ?? given.steps };
    case "draw":
      return { ...state, seeds: [seed, ...state.seeds].slice(0, KEPT) };
    default:
      throw new Error(`no such action: ${type}`);
  }
}

/**
 * @param {State} state
 * @returns {string} starting with "#"
 * @throws {Error} when it would be longer than MOST_BYTES
 */
export function writeHash({ law, length, steps, schedules, focus, seeds }) {
  const words = { v: VERSION, law, length, steps, schedules, focus, seeds };
  // These three have no meaning in an address there, and stay readable.
  const plain = (value) => encodeURIComponent(value).replace(/%(3A|3D|2C)/g, decodeURIComponent);
  const hash = `#${Object.entries(words).map(([name, value]) => `${name}=${plain(String(value))}`).join("&")}`;
  if (hash.length > MOST_BYTES) throw new Error(`it would take ${hash.length} bytes; a link holds ${MOST_BYTES}`);
  return hash;
}

const short = (text) => (text.length > 30 ? `${text.slice(0, 30)}…` : text);
const refuse = (label, text, accepted) => {
  throw new Error(`${label} is “${short(text)}”; accepted ${accepted}`);
};

function whole(label, text, [least, most]) {
  const fits = /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;
  return fits ? Number(text) : refuse(label, text, `are whole numbers from ${least} to ${most}`);
}

const parts = (text) => (text === "" ? [] : text.split(","));

/** What each word of a link may be. The law is only spelled: whether there is such a law, the lab's engine says. */
const READ = {
  law: (text) => (/^[!-~]([ -~]*[!-~])?$/.test(text) ? text : refuse("law", text, "is a law’s spelling, as in markov:flip=0.1")),
  length: (text, { length }) => whole("length", text, length),
  steps: (text, { length }) => whole("steps", text, [1, length[1]]),
  schedules: (text, { schedules }) => {
    const names = parts(text).map((one) => named(one, schedules));
    return new Set(names).size === names.length ? names : refuse("schedules", text, "are different ones");
  },
  focus: (text, { schedules }) => named(text, schedules),
  seeds: (text) => {
    const seeds = parts(text);
    const fit = seeds.length >= 1 && seeds.length <= KEPT && seeds.every((one) => /^\d{1,20}$/.test(one) && BigInt(one) < 1n << 64n);
    return fit ? seeds.map(BigInt) : refuse("seeds", text, `are 1 to ${KEPT} whole numbers from 0 to 2^64 - 1 with commas between`);
  },
};

function named(text, known) {
  if (known ? known.includes(text) : /^[a-z][a-z0-9-]{0,39}$/.test(text)) return text;
  return refuse("schedule", text, "is a name of the lab’s list");
}

/**
 * @param {string} hash as in `location.hash`
 * @param {{length: [number, number], schedules?: string[]}} offer what there is; without `schedules`, as long as they are
 *   not known, any name goes
 * @returns {Partial<State> | undefined} all but perhaps the seeds; nothing for an empty hash
 * @throws {Error} a sentence for the reader, naming what is wrong
 */
export function readHash(hash, offer) {
  if (hash === "" || hash === "#") return undefined;
  if (hash.length > MOST_BYTES) throw new Error(`it has ${hash.length} bytes; a link has at most ${MOST_BYTES}`);
  const words = new URLSearchParams(hash.slice(1));
  const [version, ...more] = words.getAll("v");
  if (version === undefined) throw new Error(`it does not say its version (v=${VERSION})`);
  if (/^\d+$/.test(version) && Number(version) > VERSION) {
    throw new Error(`it is of version ${short(version)}, made by a newer lab; this one reads version ${VERSION}`);
  }
  if (version !== String(VERSION)) throw new Error(`its version is “${short(version)}”; this lab reads version ${VERSION}`);
  if (more.length > 0) throw new Error("v is given twice");
  words.delete("v");
  const found = {};
  for (const [name, text] of words) {
    if (!Object.hasOwn(READ, name)) throw new Error(`it holds “${short(name)}”, which this lab does not know`);
    if (Object.hasOwn(found, name)) throw new Error(`${name} is given twice`);
    found[name] = READ[name](text, offer);
  }
  const first = firstState([]);
  const { length } = { ...first, ...found };
  if (found.steps > length) refuse("steps", String(found.steps), `are whole numbers from 1 to the length, ${length}`);
  const { law, schedules, focus } = first;
  return { law, length, steps: Math.min(first.steps, length), schedules, focus, ...found };
}
