// The lab's address: it follows the state, and is followed when it changes.

import { readHash, writeHash } from "./state.js";

/** Longer than a slider rests while it moves, and few enough writes that no browser refuses them. */
const REST_MS = 400;

export class Address {
  #offer;
  #onOpen;
  #say;
  #timer;

  /**
   * @param {{length: [number, number], schedules?: string[]}} offer what links may hold, as in `readHash`
   * @param {(given: object) => void} onOpen told what a link holds
   * @param {(fault: string) => void} say told why a link is not used, "" when nothing is wrong
   */
  constructor(offer, onOpen, say) {
    this.#offer = offer;
    this.#onOpen = onOpen;
    this.#say = say;
    addEventListener("hashchange", () => this.read());
  }

  /** Once it is known what schedules there are. @param {object} offer */
  know(offer) {
    this.#offer = offer;
  }

  /** @returns {string} what is wrong with what stands in the address now, "" when nothing is */
  fault() {
    try {
      readHash(location.hash, this.#offer);
      return "";
    } catch (fault) {
      return fault.message;
    }
  }

  /** Takes what stands in the address. */
  read() {
    clearTimeout(this.#timer); // what was to be written is older
    try {
      const given = readHash(location.hash, this.#offer);
      this.#say("");
      if (given) this.#onOpen(given);
    } catch (fault) {
      this.refuse(fault.message);
    }
  }

  /** @param {string} message why nothing is taken of the link */
  refuse(message) {
    this.#say(`The link is not used: ${message}.`);
  }

  /** Writes a state, once nothing has moved for a while. @param {import("./state.js").State} state */
  write(state) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      try {
        history.replaceState(null, "", writeHash(state));
        this.#say("");
      } catch (fault) {
        this.#say(`The address does not follow: ${fault.message}.`);
      }
    }, REST_MS);
  }
}
