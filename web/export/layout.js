// Where each cell of a text stands: tokens broken into lines as the page's text is, by their gaps and line ends. Pure.

import { tokenLook } from "../words.js";
import { ADVANCE, cut, visible, widthOf } from "./measure.js";

/**
 * Pixels, as in the page's style: `inset` is between a cell's edge and its text, `margin` around a cell, `pitch` from
 * line to line, `mask` the width of a mask, `least` the smallest type that a token too long for a line is set in.
 */
export const CELL = { size: 15, least: 9, inset: 3, margin: 1, height: 24, pitch: 31, mask: 36 };

const SPACE = CELL.size * ADVANCE;

/**
 * @typedef {{text: string, size: number, width: number, gap: boolean, breaks: boolean, special: boolean}} Face
 *   how a token is set: its text in type of `size`, in a cell of `width`
 * @typedef {{width: number, gap: boolean, breaks: boolean, loose: boolean}} Slot
 *   the place of one position; loose: lines may break on either side of it
 * @typedef {{x: number, y: number, width: number}} Place upper left corner of a cell of height CELL.height
 * @typedef {{faces: Map<number, Face>, places: Place[], height: number}} Layout
 */

/**
 * How a token is set. One too long for a line is set smaller; one too long even then loses its end.
 * @param {string} form display form
 * @param {number} room pixels in a line
 * @returns {Face}
 */
export function faceOf(form, room) {
  const { text: raw, gap, breaks, special } = tokenLook(form);
  const text = visible(raw);
  const most = room - 2 * (CELL.inset + CELL.margin);
  const usual = special ? 0.75 * CELL.size : CELL.size;
  const size = Math.max(CELL.least, Math.min(usual, (usual * most) / Math.max(widthOf(text, usual), 1)));
  const shown = cut(text, size, most);
  return { text: shown, size, width: widthOf(shown, size) + 2 * CELL.inset, gap, breaks, special };
}

/**
 * The layout of a run's text.
 *
 * Laid out for one frame, masks have a width of their own, and say nothing of the tokens to come. Laid out for all the
 * frames of an animation, every position is as wide as what it will show, so that nothing moves but what is revealed.
 * @param {import("../run.js").Run} run
 * @param {number[]} frames those that must fit, at least one; the last of them says where lines end
 * @param {number} width pixels
 * @returns {Layout}
 */
export function layOut(run, frames, width) {
  const faces = new Map();
  const slots = run.frames[frames[0]].tokens.map(() => ({ width: CELL.mask, gap: false, breaks: false, loose: true }));
  for (const k of frames) {
    run.frames[k].tokens.forEach((token, position) => {
      if (token === run.mask) return;
      if (!faces.has(token)) faces.set(token, faceOf(run.vocabulary[token] ?? `#${token}`, width));
      const { width: wide, gap, breaks } = faces.get(token);
      const { loose, width: before } = slots[position];
      slots[position] = { width: loose ? wide : Math.max(wide, before), gap, breaks, loose: false };
    });
  }
  return { faces, ...place(slots, width) };
}

/**
 * Sets slots in lines: what hangs together without a gap stays together if a line can hold it.
 * @param {Slot[]} slots each narrower than a line
 * @param {number} width pixels
 * @returns {{places: Place[], height: number}}
 */
export function place(slots, width) {
  const outer = (slot) => slot.width + 2 * CELL.margin;
  const places = [];
  let x = 0;
  let line = 0;
  let ended = false;
  const next = () => {
    line += 1;
    x = 0;
    ended = false;
  };
  for (const word of words(slots)) {
    const whole = word.reduce((sum, slot) => sum + outer(slot), 0);
    if (ended) next();
    const gap = x > 0 && word[0].gap ? SPACE : 0;
    if (x > 0 && x + gap + whole > width) next();
    else x += gap;
    for (const slot of word) {
      if (x > 0 && x + outer(slot) > width) next();
      places.push({ x: x + CELL.margin, y: line * CELL.pitch + (CELL.pitch - CELL.height) / 2, width: slot.width });
      x += outer(slot);
      ended = slot.breaks;
    }
  }
  return { places, height: (line + 1) * CELL.pitch };
}

/** Slots between which no line should break. */
function words(slots) {
  const found = [];
  slots.forEach((slot, at) => {
    const before = slots[at - 1];
    const apart = !before || slot.gap || slot.loose || before.loose || before.breaks;
    if (apart) found.push([slot]);
    else found.at(-1).push(slot);
  });
  return found;
}
