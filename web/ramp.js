// The colours that say when a token was revealed: viridis, softened until text is easy to read on it.
//
// Viridis is told apart by its lightness alone, so it survives every kind of colour blindness and a grey print. It is
// mixed with the page's own ground (pastel on light, deep on dark); the mix keeps the lightness in order.

/**
 * Ink and ground as in style.css; viridis is mixed into `base` about as strongly as leaves the
 * ink a contrast of 4.5 (tests/page/ramp.test.mjs). On dark the base is a little lighter than the ground: the first colour,
 * a deep purple, would drown in it.
 */
export const SCHEMES = {
  light: { ground: "#fcfbf8", base: "#fcfbf8", ink: "#1d1e22", strength: 0.5 },
  dark: { ground: "#16171b", base: "#1f2027", ink: "#f0efeb", strength: 0.38 },
};

const VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];

/**
 * @param {number} t 0..1, a place on the ramp
 * @param {"light" | "dark"} scheme
 * @returns {{fill: string, edge: string}} `#rrggbb`: the ground for ink, and a line that is seen on the page's ground
 */
export function colourAt(t, scheme) {
  const { base, ink, strength } = SCHEMES[scheme];
  const pure = viridis(t);
  return { fill: mix(base, pure, strength), edge: mix(pure, ink, 0.5) };
}

/**
 * @param {number} step 1 .. total
 * @param {number} total calls of the run: the ramp is fixed by it, not fitted to what was seen so far
 * @returns {number} 0..1, its place on the ramp
 */
export const placeOf = (step, total) => (total > 1 ? (step - 1) / (total - 1) : 0);

/** @param {number} step @param {number} total @param {"light" | "dark"} scheme as in `placeOf`, `colourAt` */
export const colourOf = (step, total, scheme) => colourAt(placeOf(step, total), scheme);

function viridis(t) {
  const at = Math.max(0, Math.min(1, t)) * (VIRIDIS.length - 1);
  const left = Math.min(Math.floor(at), VIRIDIS.length - 2);
  return mix(VIRIDIS[left], VIRIDIS[left + 1], at - left);
}

/** @returns {number[]} red, green, blue in 0..255 */
const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

function mix(from, to, amount) {
  const end = channels(to);
  const hex = channels(from).map((start, i) => Math.round(start + (end[i] - start) * amount));
  return `#${hex.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** WCAG 2 relative luminance, 0..1. */
export function luminance(colour) {
  const linear = channels(colour).map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/** WCAG 2 contrast of two colours, 1..21. */
export function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * Hands both schemes' colours to an element; cells.css picks one. So a change of scheme needs no script.
 * @param {HTMLElement} element
 * @param {number} t 0..1, a place on the ramp
 */
export function paint(element, t) {
  for (const scheme of ["light", "dark"]) {
    const { fill, edge } = colourAt(t, scheme);
    element.style.setProperty(`--fill-${scheme}`, fill);
    element.style.setProperty(`--edge-${scheme}`, edge);
  }
}
