// Runs for the tests of web/export: drawn at random, with tokens that are hard to set.

import { newRun } from "../../web/run.js";

export const MASK = 2;

/** Words, pieces of words, line ends, markup, wide signs, things that no XML can hold, and one longer than a line. */
export const VOCABULARY = [
  "<|endoftext|>", "<|pad|>", "<|mask|>", "Once", " upon", " a", " time", ",", ".", "\n", "\n\n", "  ", "y", "ing",
  "<script>alert('x')</script>", " </text>", "&amp;", ' "quoted"', "]]>", " 漢字", "🦊", " e\u0301", "\u0000\u0007\t",
  " \u202eturned", "\ud800", "\u{fffd}", " ".repeat(40), ` ${"long".repeat(30)}`, " butterfly", " the", "'s", "",
];

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A run that reveals its masks in random order.
 * @param {{seed?: number, length?: number, given?: number, steps?: number, calls?: number, pins?: [number, number][]}} asked
 *   calls: those made; fewer than steps make a stopped run
 */
export function aRun({ seed = 1, length = 60, given = 3, steps = 8, calls = steps, pins = [] } = {}) {
  const next = random(seed);
  const whole = (below) => Math.floor(next() * below);
  const token = () => [...Array(VOCABULARY.length).keys()].filter((id) => id !== MASK)[whole(VOCABULARY.length - 1)];
  const settings = { prompt: "Once upon a", pins, schedule: "uniform", order: "random", steps, temperature: 1, seed };
  const run = newRun(settings, { mask: MASK, vocabulary: VOCABULARY });
  let tokens = Array.from({ length }, (_, at) => (at < given ? 3 + at : MASK));
  for (const [position, pinned] of pins) tokens[position] = pinned;
  const masked = tokens.flatMap((one, at) => (one === MASK ? [[next(), at]] : [])).sort((a, b) => a[0] - b[0]);
  run.frames.push({ step: 0, tokens, revealed: [], predictions: [] });
  for (let step = 1; step <= calls; step += 1) {
    const from = Math.round(((step - 1) * masked.length) / steps);
    const to = Math.round((step * masked.length) / steps);
    const revealed = masked.slice(from, to).map(([, position]) => ({ position, token: token(), log_prob: -1 }));
    tokens = [...tokens];
    for (const one of revealed) tokens[one.position] = one.token;
    run.frames.push({ step, tokens, revealed, predictions: [] });
  }
  run.texts = run.frames.map((frame) => frame.tokens.map((id) => VOCABULARY[id]).join(""));
  run.header = { version: 2, model: "0123456789abcdef".repeat(4), ...settings };
  run.headerLine = JSON.stringify(run.header);
  run.lines = run.frames.map((frame) => JSON.stringify(frame));
  run.how = calls === steps ? "finished" : "stopped";
  if (run.how === "stopped") run.steps = calls; // as the page does once a run has ended
  return run;
}
