// What the colours mean, with the two ends of the ramp.

import { colourAt } from "./ramp.js";
import { MOST_ENTROPY } from "./panel.js";

const ENDS = {
  step: ["first call", "last call"],
  confidence: ["0%", "100%"],
  entropy: ["0", `${MOST_ENTROPY} nats`],
};

const part = (id) => document.getElementById(id);

/** @param {string} colour by what cells are coloured */
export function showLegend(colour) {
  part("ramp-legend").style.visibility = colour === "none" ? "hidden" : ""; // its place stays
  const [from, to] = ENDS[colour] ?? ["", ""];
  part("ramp-from").textContent = from;
  part("ramp-to").textContent = to;
  for (const scheme of ["light", "dark"]) {
    const stops = Array.from({ length: 9 }, (_, at) => colourAt(at / 8, scheme).fill);
    part("ramp").style.setProperty(`--ramp-${scheme}`, `linear-gradient(to right, ${stops.join(", ")})`);
  }
}
