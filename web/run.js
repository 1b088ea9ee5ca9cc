// A run as data: what the engine or a trace has told of it, and what follows from that. Pure: knows no DOM.

/**
 * @typedef {{position: number, token: number, log_prob: number}} Reveal log_prob in nats
 * @typedef {{position: number, token: number, log_prob: number, entropy: number, margin: number,
 *            top: [number, number][]}} Prediction entropy in nats, top: (token, probability), best first
 * @typedef {{step: number, tokens: number[], revealed: Reveal[], predictions: Prediction[], remasked?: number[]}} Frame
 *   frame k is the state after call k; its predictions were made by call k, from the tokens of frame k - 1
 * @typedef {{state: "masked" | "fresh" | "revealed" | "prompt" | "pinned", token: number, step?: number,
 *            reveal?: Reveal}} Cell
 * @typedef {{header: object | null, headerLine: string, lines: string[], frames: Frame[], texts: string[],
 *            ms: (number | undefined)[], how: "idle" | "running" | "finished" | "stopped" | "failed",
 *            marked: boolean, origin: "live" | "recorded" | "file", steps: number, mask: number, vocabulary: string[],
 *            settings: object, score?: {nats: number, se: number}}} Run
 *   marked: whether its trace says that it was stopped; ms: one a call; steps: calls at most; score: the model's NELBO of the text, nats a token
 */

/**
 * @param {object} settings what the engine is asked for
 * @param {{mask: number, vocabulary: string[], origin?: string}} of
 * @returns {Run}
 */
export const newRun = (settings, { mask, vocabulary, origin = "live" }) => ({
  header: null,
  headerLine: "",
  lines: [],
  frames: [],
  texts: [],
  ms: [],
  how: "idle",
  marked: false,
  origin,
  steps: settings.steps,
  mask,
  vocabulary,
  settings,
});

/**
 * A run from the text of a trace. The caller has had it checked, or knows where it comes from.
 * @param {string} text JSON Lines, a header first
 * @param {"recorded" | "file"} origin
 * @returns {Run}
 */
export function runOfTrace(text, origin) {
  const [headerLine, ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  const frames = lines.map((line) => JSON.parse(line));
  const marked = frames.length > 0 && "stopped" in frames.at(-1); // the last line says that there are no more
  if (marked) for (const rest of [lines, frames]) rest.pop();
  const header = JSON.parse(headerLine);
  const { prompt, pins = [], schedule, order, rule, remasking, block_length, early_stop, steps, temperature, seed } = header;
  const settings = { prompt, pins, schedule, order, rule, remasking, block_length, early_stop, steps, temperature, seed };
  for (const name of Object.keys(settings)) if (settings[name] === undefined) delete settings[name];
  const run = newRun(settings, { mask: header.mask, vocabulary: header.vocabulary, origin });
  Object.assign(run, { header, headerLine, lines, frames, marked });
  run.texts = run.frames.map(({ tokens }) => plainText(tokens, run));
  run.how = run.frames.at(-1)?.tokens.includes(run.mask) ? "stopped" : "finished";
  run.steps = Math.max(run.frames.length - 1, 0);
  return run;
}

/** A run as a trace: lines as the engine wrote them, and the mark of a run that its user stopped. @param {Run} run */
export function traceOf({ headerLine, lines, how, origin, marked }) {
  const stopped = how === "stopped" && (origin !== "file" || marked) ? [JSON.stringify({ stopped: lines.length - 1 })] : [];
  return [headerLine, ...lines, ...stopped, ""].join("\n");
}

/** Tokens as text by their display forms, masks as `░`; a character that is cut into several tokens is put together again. */
function plainText(tokens, { mask, vocabulary }) {
  const text = tokens.map((token) => (token === mask ? "░" : (vocabulary[token] ?? "\u{fffd}"))).join("");
  return text.replace(/(?:\\x[0-9A-F]{2})+/g, (run) => {
    const bytes = Uint8Array.from(run.match(/[0-9A-F]{2}/g), (one) => parseInt(one, 16));
    return new TextDecoder().decode(bytes);
  });
}

/** Index of the newest frame, -1 for none. @param {Run} run */
export const lastOf = (run) => run.frames.length - 1;

/** Tokens that are masked before the first call. @param {Run} run */
export const maskedAtFirst = (run) => run.frames[0]?.tokens.filter((token) => token === run.mask).length ?? 0;

/** Tokens that calls have revealed and left revealed. @param {Run} run */
export function revealedSoFar(run) {
  const now = run.frames.at(-1);
  return now ? maskedAtFirst(run) - now.tokens.filter((token) => token === run.mask).length : 0;
}

/**
 * What every position shows in frame k.
 * @param {Run} run
 * @param {number} k
 * @returns {Cell[]} one for each of the L positions
 */
export function cellsOf({ frames, mask, settings }, k) {
  const reveals = new Map(); // position -> its latest reveal, up to frame k
  for (const { step, revealed } of frames.slice(1, k + 1)) {
    for (const reveal of revealed) reveals.set(reveal.position, { step, reveal });
  }
  const pinned = new Set((settings.pins ?? []).map(([position]) => position));
  return frames[k].tokens.map((token, position) => {
    if (token === mask) return { state: "masked", token };
    const found = reveals.get(position);
    if (!found) return { state: pinned.has(position) ? "pinned" : "prompt", token };
    return { state: found.step === k ? "fresh" : "revealed", token, ...found };
  });
}

/**
 * What the model said of a position: of a masked one in the call that comes next, if it was made; of a revealed one in the
 * call that revealed it.
 * @param {Run} run
 * @param {number} k the frame on screen
 * @param {number} position
 * @param {Cell} cell
 * @returns {Prediction | undefined}
 */
export function predictionOf({ frames }, k, position, cell) {
  const made = cell.step === undefined ? (frames[k + 1] ?? frames[k]) : frames[cell.step];
  return made.predictions.find((one) => one.position === position);
}

/**
 * How sure the model is of what is still masked: the probabilities of its best guesses.
 * @param {Run} run
 * @returns {({mean: number, least: number} | undefined)[]} one a frame; of frame k told by call k + 1, and so not of the last
 */
export function certainty({ frames }) {
  return frames.map((_, k) => frames[k + 1] && sureIn(frames[k + 1]));
}

const known = new WeakMap(); // a frame never changes: what it says is worked out once

function sureIn(frame) {
  if (known.has(frame)) return known.get(frame);
  const best = frame.predictions.map((one) => one.top[0][1]);
  const mean = best.reduce((sum, p) => sum + p, 0) / best.length;
  const sure = best.length === 0 ? undefined : { mean, least: Math.min(...best) };
  known.set(frame, sure);
  return sure;
}

/** Mean log-probability that the revealed tokens had when they were drawn, nats a token. @param {Run} run */
export function drawnLogProb(run) {
  const drawn = run.frames.flatMap(({ revealed }) => revealed.map((one) => one.log_prob));
  return drawn.length === 0 ? undefined : drawn.reduce((sum, one) => sum + one, 0) / drawn.length;
}

/** @param {number[]} values @returns {number | undefined} */
export function median(values) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Whether two runs were asked for the same. @param {object} one @param {object} other settings */
export const sameSettings = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

const sorted = (settings) =>
  Object.keys(settings)
    .filter((name) => settings[name] !== undefined && settings[name] !== "")
    .sort()
    .map((name) => [name, settings[name]]);
