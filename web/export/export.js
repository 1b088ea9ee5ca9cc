// Taking runs away as files: pictures, animations, text, traces.

import { traceOf } from "../run.js";
import { picture } from "./picture.js";
import { svgOf } from "./svg.js";

/** Frames in a GIF at most: more would take minutes and make a file that nobody wants to load. */
export const MOST_FRAMES = 300;

/** What each kind of file is called. */
const NAMES = {
  svg: "unmask.svg",
  png: "unmask.png",
  gif: "unmask.gif",
  text: "unmask.txt",
  trace: "unmask-trace.jsonl",
};

/** @typedef {keyof typeof NAMES} Kind */

/** @param {Kind} kind @param {string} [which] of several @returns {string} */
export const nameOf = (kind, which) => (which ? NAMES[kind].replace(".", `-${which}.`) : NAMES[kind]);

/**
 * @param {object} asked
 * @param {Kind} asked.kind
 * @param {import("../run.js").Run[]} asked.runs one, or two side by side; of a trace one
 * @param {number} [asked.frame] the frame of a picture or a text, the last by default; a shorter run shows its last
 * @param {"light" | "dark"} [asked.scheme]
 * @param {(progress: {done: number, of: number}) => void} [asked.onProgress] frames of a GIF
 * @param {AbortSignal} [asked.signal] gives up at once
 * @returns {Promise<Blob>} rejects with a sentence for the reader, or with the signal's reason
 */
export async function exportRuns({ kind, runs, frame, scheme = "light", onProgress, signal }) {
  signal?.throwIfAborted();
  if (!Object.hasOwn(NAMES, kind)) {
    throw new Error(`“${kind}” is no kind of file; accepted are ${Object.keys(NAMES).join(", ")}`);
  }
  if (runs.length === 0 || runs.length > 2) throw new Error(`${runs.length} runs were given; one or two can be exported`);
  if (runs.some(({ frames }) => frames.length === 0)) throw new Error("There is nothing to export yet: no frame was made.");
  const longest = Math.max(...runs.map(({ frames }) => frames.length));
  const shown = frame ?? longest - 1;
  switch (kind) {
    case "svg":
      return new Blob([svgOf(picture(runs, shown, scheme))], { type: "image/svg+xml" });
    case "text":
      return new Blob([runs.map((run) => textAt(run, shown)).join("\n\n"), "\n"], { type: "text/plain" });
    case "trace":
      return traceFile(runs);
    case "png":
      return drawn({ kind, runs: runs.map(slim), frame: shown, scheme }, [], { signal });
    default: {
      if (longest > MOST_FRAMES) {
        const instead = "Save a picture of one frame, or the trace.";
        throw new Error(`This run has ${longest} frames; a GIF holds at most ${MOST_FRAMES}. ${instead}`);
      }
      const pure = await pureBytes();
      signal?.throwIfAborted();
      return drawn({ kind, runs: runs.map(slim), scheme, pure }, [pure], { onProgress, signal });
    }
  }
}

/** Saves a file by the browser's own download. @param {Blob} blob @param {string} name */
export function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the download reads it a little later than the click
}

const textAt = ({ texts }, k) => texts[Math.min(k, texts.length - 1)];

function traceFile(runs) {
  if (runs.length > 1) throw new Error("A trace holds one run; save each of the two by itself.");
  return new Blob([traceOf(runs[0])], { type: "application/jsonl" });
}

/** What pictures show of a run: the predictions are most of it, and would be copied to the worker for nothing. */
const slim = ({ header, how, steps, mask, vocabulary, settings, frames }) => ({
  ...{ header, how, steps, mask, vocabulary, settings, texts: [] },
  frames: frames.map(({ step, tokens, revealed }) => ({ step, tokens, revealed, predictions: [] })),
});

async function pureBytes() {
  const { fetchFile } = await import("../store/files.js");
  const bytes = await fetchFile("pure_bg.wasm");
  return bytes.slice().buffer; // a copy: it is handed over to the worker
}

/** Asks a worker of its own for one file, and ends it whatever comes. */
function drawn(message, handed, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    const giveUp = () => end(reject, signal.reason);
    const end = (settle, value) => {
      signal?.removeEventListener("abort", giveUp);
      worker.terminate();
      settle(value);
    };
    const failed = (words) => end(reject, new Error(`The ${message.kind.toUpperCase()} could not be made: ${words}.`));
    worker.onmessage = ({ data }) => {
      if (data.type === "progress") onProgress?.({ done: data.done, of: data.of });
      else if (data.type === "done") end(resolve, data.blob);
      else failed(data.message);
    };
    worker.onerror = ({ message: words }) => failed(words ?? "this browser could not start a worker for it");
    worker.onmessageerror = () => failed("this browser could not hand over its result");
    signal?.addEventListener("abort", giveUp, { once: true });
    worker.postMessage(message, handed);
  });
}
