// Taking a run away: as text, link, trace, picture or film, and as the command that makes it again.

import { exportRuns, nameOf, saveBlob } from "./export/export.js";
import { citation, nativeCommand } from "./export/native.js";

/** What the buttons save. */
const KINDS = ["trace", "svg", "png", "gif"];

/**
 * @param {string} text
 * @param {string} what
 * @returns {Promise<string>} what happened, in words
 */
async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    return `${what} copied.`;
  } catch {
    return "The browser did not allow copying.";
  }
}

export class Share {
  #part;
  #on;
  #cancel;

  /**
   * @param {(id: string) => HTMLElement} part by id
   * @param {{stage: import("./stage.js").Stage, link: () => string, model: () => string}} on
   *   link: the page's address with its whole state; model: the name of the model that is loaded
   */
  constructor(part, on) {
    this.#part = part;
    this.#on = on;
    part("copy").addEventListener("click", () => this.#say(copy(this.#text(), "Text")));
    part("copy-link").addEventListener("click", () => this.#say(this.#copyLink()));
    for (const kind of KINDS) {
      part(`save-${kind}`).addEventListener("click", () => this.#say(this.#save(kind)));
    }
    part("cancel-save").addEventListener("click", () => this.#cancel?.abort());
    part("copy-command").addEventListener("click", () => this.#say(copy(part("command").textContent, "Command")));
    part("copy-citation").addEventListener("click", () => this.#say(copy(part("citation").textContent, "Citation")));
    part("citation").textContent = citation();
    this.show();
  }

  /** Brings the buttons and the command in line with the runs. */
  show() {
    const { runs } = this.#on.stage;
    const none = !runs.some((run) => run.frames.length > 0);
    for (const id of ["copy", ...KINDS.map((kind) => `save-${kind}`)]) this.#part(id).disabled = none;
    if (none) return;
    const made = runs.map((run) => nativeCommand({ ...run.settings, cache: run.header?.cache }, this.#on.model()));
    this.#part("command").textContent = made.map(({ command }) => command).join("\n");
    this.#part("command-note").textContent = made.find(({ note }) => note)?.note ?? "";
  }

  async #say(doing) {
    this.#part("kept").textContent = await Promise.resolve(doing).catch((fault) => fault.message);
  }

  #text() {
    const { open, player } = this.#on.stage;
    return open.map((panel) => panel.run.texts[panel.frameAt(player.shown)]).join("\n\n");
  }

  #copyLink() {
    try {
      const own = this.#on.model() === "own";
      return copy(this.#on.link(), own ? "Link, which does not hold the model: whoever opens it needs its files, too;" : "Link");
    } catch (fault) {
      return fault.message;
    }
  }

  async #save(kind) {
    const { runs, player } = this.#on.stage;
    this.#cancel?.abort();
    this.#cancel = new AbortController();
    const { signal } = this.#cancel;
    this.#part("cancel-save").hidden = kind !== "gif";
    const scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const onProgress = ({ done, of }) => (this.#part("kept").textContent = `Drawing ${done} of ${of} …`);
    try {
      // A trace holds one run: of two there are two files.
      const files = kind === "trace" ? runs.map((run) => [run]) : [runs];
      const names = files.length === 1 ? [nameOf(kind)] : ["first", "second"].map((which) => nameOf(kind, which));
      for (const [at, file] of files.entries()) {
        saveBlob(await exportRuns({ kind, runs: file, frame: player.shown, scheme, onProgress, signal }), names[at]);
      }
      return `Saved as ${names.join(" and ")}.${names.length > 1 ? " The browser may ask whether it may save two." : ""}`;
    } catch (fault) {
      if (signal.aborted) return "Cancelled: nothing was saved.";
      throw fault;
    } finally {
      this.#part("cancel-save").hidden = true;
    }
  }
}
