// A run for elsewhere: as a command line for the same engine, and as a reference to the paper behind the schedules. Pure.

/** What can stand in a POSIX shell without quotes. */
const PLAIN = /^[A-Za-z0-9_.,:=@%+/-]+$/;

/** @param {string} text @returns {string} one word of a POSIX shell, character by character */
export const quoteWord = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const word = (value) => (PLAIN.test(String(value)) ? String(value) : quoteWord(String(value)));

/**
 * The command line that makes the same run. Everything is written out: the program's defaults are not the page's.
 * @param {{prompt: string, pins?: [number, number][], schedule?: string, order?: string, rule?: string,
 *          remasking?: string, block_length?: number, early_stop?: number, steps: number, temperature: number,
 *          seed: number, cache?: number}} settings cache: of a run whose trace says so; the page makes none
 * @param {string} [model] its name on the page: any but "default" is a folder of the user's
 * @returns {{command: string, note: string}} note: what the command line cannot say, "" when it says all
 */
export function nativeCommand(settings, model = "default") {
  const { prompt, pins = [], schedule, order, rule, remasking, steps, temperature, seed } = settings;
  const how = rule !== undefined ? { rule } : remasking !== undefined ? { remasking } : { schedule, order };
  const flags = {
    ...how,
    "block-length": settings.block_length,
    "early-stop": settings.early_stop,
    steps,
    temperature,
    seed,
    cache: settings.cache,
  };
  const parts = Object.entries(flags)
    .filter(([, value]) => value !== undefined)
    .map(([flag, value]) => `--${flag} ${word(value)}`);
  const notes = [];
  if (model !== "default") {
    parts.push("--model DIR");
    notes.push("DIR is the folder of the model that is loaded here.");
  }
  for (const [position, token] of pins) parts.push(`--pin ${position}#${token}`);
  if (prompt.includes("\0")) {
    notes.push("The prompt holds a zero byte, which no command line can; it is left out.");
  }
  const command = ["unmask generate", `--prompt ${quoteWord(prompt.replaceAll("\0", ""))}`, ...parts].join(" ");
  return { command, note: notes.join(" ") };
}

/** The paper behind the adaptive schedules, as text that BibTeX reads: it skips what stands outside of an entry. */
export const citation = () => `The adaptive schedules are after this paper. Their sizes are our derivation, not the authors' own code.

@misc{zhao2026adaptation,
  title = {Adaptation to Intrinsic Dependence in Diffusion Language Models},
  author = {Zhao, Yunxiao and Cai, Changxiao},
  year = {2026},
  eprint = {2602.20126},
  archivePrefix = {arXiv},
  url = {https://arxiv.org/abs/2602.20126}
}
`;
