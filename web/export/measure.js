// How wide text is taken to be, without a font to ask: every format must break its lines at the same places. Pure.

/** Advance of one character of a monospaced font, in em. Text is squeezed where a font is wider. */
export const ADVANCE = 0.6;

/** Characters without an advance of their own: marks over others, joiners, variation selectors. */
const NONE = /\p{Mn}|\p{Me}|\p{Cf}/u;

/**
 * Characters that a monospaced font draws one advance wide: Latin, Greek, Cyrillic, Hebrew, Arabic, and signs such as
 * quotation marks and arrows. Everything else is taken for twice as wide, as ideographs and pictures are.
 */
const single = (code) => code < 0x700 || (code >= 0x1e00 && code < 0x2600) || code === 0xfffd;

/** @param {string} text @returns {number} advances, never too few */
export function advances(text) {
  let sum = 0;
  for (const character of text) {
    if (!NONE.test(character)) sum += single(character.codePointAt(0)) ? 1 : 2;
  }
  return sum;
}

/** @param {string} text @param {number} size pixels an em @returns {number} pixels */
export const widthOf = (text, size) => advances(text) * size * ADVANCE;

/**
 * Text with everything invisible or harmful made a sign: control characters cannot stand in SVG at all, and signs of
 * direction would turn the text around them.
 * @param {string} text
 */
export const visible = (text) =>
  text
    .replace(/[\u0000-\u001f]/g, (control) => String.fromCodePoint(0x2400 + control.codePointAt(0)))
    .replace(/[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Cs}/gu, "\u{fffd}");

/**
 * The beginning of a text that fits.
 * @param {string} text @param {number} size @param {number} width pixels
 */
export function cut(text, size, width) {
  if (widthOf(text, size) <= width) return text;
  const kept = [];
  let left = width - widthOf("…", size);
  for (const character of text) {
    left -= widthOf(character, size);
    if (left < 0) break;
    kept.push(character);
  }
  return `${kept.join("")}…`;
}

/**
 * Breaks a sentence at its spaces; a word wider than a line is cut.
 * @param {string} text @param {number} size @param {number} width pixels
 * @returns {string[]} lines, at least one
 */
export function wrap(text, size, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || widthOf(longer, size) <= width) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map((each) => cut(each, size, width));
}
