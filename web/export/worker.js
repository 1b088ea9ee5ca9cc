// Draws pictures as PNG and GIF, off the page's thread. One job a worker; whoever asked ends it when enough is enough.
//
// Page to worker: {kind: "png", runs, frame, scheme} | {kind: "gif", runs, scheme, pure: the bytes of pure_bg.wasm}
// Worker to page: progress {done, of} | done {blob} | failed {message}

import { PERIOD } from "../player.js";
import { paint } from "./paint.js";
import { layoutsOf, picture } from "./picture.js";

/** Pixels of a PNG for one of the picture: sharp on fine screens. A GIF has one, for its size. */
const ZOOM = 2;

/** Milliseconds the last frame stays, so that the text can be read before the loop begins anew. */
const REST = 2000;

onmessage = async ({ data }) => {
  try {
    postMessage({ type: "done", blob: await (data.kind === "png" ? png(data) : gif(data)) });
  } catch (fault) {
    postMessage({ type: "failed", message: fault instanceof Error ? fault.message : String(fault) });
  }
};

function canvasOf(width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error(`this browser has no canvas of ${width} by ${height} pixels`);
  return context;
}

async function png({ runs, frame, scheme }) {
  const shown = picture(runs, frame, scheme);
  const context = canvasOf(shown.width * ZOOM, shown.height * ZOOM);
  paint(shown, context, ZOOM);
  return context.canvas.convertToBlob({ type: "image/png" });
}

async function gif({ runs, scheme, pure: bytes }) {
  const pure = await import("../pure.js");
  await pure.default({ module_or_path: bytes });
  const of = Math.max(...runs.map(({ frames }) => frames.length));
  const layouts = layoutsOf(runs);
  const { width, height } = picture(runs, 0, scheme, layouts);
  const context = canvasOf(width, height);
  const file = new pure.Gif(width, height);
  for (let k = 0; k < of; k += 1) {
    paint(picture(runs, k, scheme, layouts), context);
    const { data } = context.getImageData(0, 0, width, height);
    file.add(new Uint8Array(data.buffer), k === of - 1 ? REST : PERIOD);
    postMessage({ type: "progress", done: k + 1, of });
  }
  return new Blob([file.finish()], { type: "image/gif" });
}
