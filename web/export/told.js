// A picture in words, for those who do not see it. Pure.

import { captionOf, count, runWords } from "../words.js";
import { visible } from "./measure.js";

/**
 * @param {import("../run.js").Run[]} runs
 * @param {number[]} shown the frame of each
 * @returns {{title: string, description: string}} the description holds the whole text
 */
export function told(runs, shown) {
  const parts = runs.map((run, at) => {
    const k = shown[at];
    const sizes = run.frames.slice(1).map(({ revealed }) => revealed.length);
    return [
      `${captionOf(run)}. ${runWords(run)} After call ${run.frames[k].step} of ${run.steps}:`,
      textOf(run, k),
      `Tokens revealed in each call: ${sizes.length > 0 ? sizes.join(", ") : "none"}.`,
    ].join("\n");
  });
  return { title: `unmask: ${runs.map(captionOf).join("; ")}`, description: parts.join("\n\n") };
}

/** The text, with masks counted rather than drawn: nobody wants to hear a hundred of them. */
function textOf(run, k) {
  const { tokens } = run.frames[k];
  if (!tokens.includes(run.mask) && run.texts[k] !== undefined) return run.texts[k];
  let masked = 0;
  let text = "";
  for (const token of [...tokens, undefined]) {
    if (token === run.mask) {
      masked += 1;
      continue;
    }
    if (masked > 0) text += ` [${count(masked, "mask")}]`;
    masked = 0;
    if (token !== undefined) text += run.vocabulary[token] ?? `#${token}`;
  }
  return text.split("\n").map(visible).join("\n");
}
