// The page's state in its address, kept up as the state changes, and read when the address does.

import { readHash, writeHash } from "./state.js";

/** Chromium and Safari refuse an address that changes more often than a few times a second. */
const PAUSE = 300;

export class Link {
  #state;
  #fault;
  #waiting;
  #own = location.hash;

  /**
   * @param {() => import("./state.js").State} state
   * @param {HTMLElement} fault says what is wrong with a link
   * @param {() => void} followed told when the address has changed by other hands
   */
  constructor(state, fault, followed) {
    this.#state = state;
    this.#fault = fault;
    addEventListener("hashchange", () => {
      if (location.hash !== this.#own) followed();
    });
  }

  /** @returns {import("./state.js").State | undefined} nothing when there is none, or none that can be read */
  read() {
    this.#own = location.hash;
    this.#fault.textContent = "";
    try {
      return readHash(location.hash);
    } catch (fault) {
      this.#fault.textContent = `The link is not used: ${fault.message}.`;
      return undefined;
    }
  }

  /** @returns {string} the whole address @throws {Error} when the state is too long for one */
  address() {
    return `${location.origin}${location.pathname}${location.search}${writeHash(this.#state())}`;
  }

  /** The state has changed: the address follows, a moment later. */
  keep() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#keep(), PAUSE);
  }

  #keep() {
    let hash = "";
    try {
      hash = writeHash(this.#state());
    } catch {
      // Too long for a link: the address then holds nothing, and "Copy link" says why.
    }
    if (hash === location.hash) return;
    history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
    this.#own = location.hash;
  }
}
