// Play, step, scrub and speed: buttons and keys that move the player.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

export class Transport {
  #player;
  #onMove;
  #parts;

  /**
   * @param {import("./player.js").Player} player
   * @param {() => void} onMove told after every move made by hand
   */
  constructor(player, onMove) {
    this.#player = player;
    this.#onMove = onMove;
    const part = (id) => document.getElementById(id);
    this.#parts = { play: part("play"), back: part("back"), forward: part("forward"), scrubber: part("scrubber"), at: part("at") };
    const { play, back, forward, scrubber } = this.#parts;
    play.addEventListener("click", () => this.#toggle());
    back.addEventListener("click", () => this.#step(-1));
    forward.addEventListener("click", () => this.#step(1));
    scrubber.addEventListener("input", () => this.seek(Number(scrubber.value)));
    // A key at the end where it stands moves nothing and tells nothing, but whoever presses it wants the view to rest there.
    scrubber.addEventListener("keydown", ({ key }) => key in STEPS && this.seek(player.shown));
    part("speed").addEventListener("change", ({ target }) => (player.speed = Number(target.value)));
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {number} k frame */
  seek(k) {
    this.#player.seek(k, performance.now());
    this.#onMove();
  }

  #step(by) {
    this.seek(this.#player.shown + by);
  }

  #toggle() {
    if (this.#player.playing) this.#player.pause();
    else this.#player.play(performance.now());
    this.#onMove();
  }

  // Page-wide keys. Whoever has the focus and a use for the key goes first.
  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === " " && !event.target.closest("button, a, summary")) {
      event.preventDefault();
      this.#toggle();
    } else if (event.key in STEPS && this.#player.last >= 0) {
      event.preventDefault();
      this.#step(STEPS[event.key]);
    }
  }

  /** Brings buttons and scrubber in line with the player. */
  show() {
    const { shown, last, total, playing } = this.#player;
    const { play, back, forward, scrubber, at } = this.#parts;
    const empty = last < 0;
    play.disabled = empty;
    play.ariaLabel = playing ? "Pause" : "Play";
    play.dataset.playing = playing;
    // Greyed by aria-disabled, not disabled: the button under the focus must not vanish from the keyboard.
    back.ariaDisabled = String(empty || shown === 0);
    forward.ariaDisabled = String(empty || shown === last);
    scrubber.disabled = empty;
    scrubber.max = total;
    scrubber.value = Math.max(shown, 0);
    const words = empty ? "no calls yet" : `call ${shown} of ${total}`;
    scrubber.ariaValueText = words;
    at.textContent = words;
  }
}
