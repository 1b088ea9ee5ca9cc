// Files of the visitor's own: a model in three files, or a trace. They are read here and stay here.

const MODEL = ["model.safetensors", "config.json", "tokenizer.json"];

/**
 * What the files are.
 * @param {File[]} files
 * @returns {{kind: "trace", file: File} | {kind: "model", files: Record<string, File>}}
 * @throws {Error} a sentence that names what is there and what is wanted
 */
export function sort(files) {
  const named = (name) => files.find((file) => file.name === name);
  const traces = files.filter((file) => file.name.endsWith(".jsonl"));
  if (files.length === 1 && traces.length === 1) return { kind: "trace", file: traces[0] };
  const weights = named(MODEL[0]) ?? only(files.filter((file) => file.name.endsWith(".safetensors")));
  const found = { weights, config: named(MODEL[1]), tokenizer: named(MODEL[2]), selfTest: named("self_test.json") };
  const missing = MODEL.filter((_, at) => ![found.weights, found.config, found.tokenizer][at]);
  if (missing.length === 0) return { kind: "model", files: found };
  const there = files.length === 0 ? "no file" : files.map((file) => file.name).slice(0, 8).join(", ");
  if (missing.length === MODEL.length) {
    throw new Error(`Neither a trace (one .jsonl) nor a model (${MODEL.join(", ")}): ${there}.`);
  }
  throw new Error(`A model is ${MODEL.join(", ")}; missing: ${missing.join(", ")}; given: ${there}.`);
}

const only = (found) => (found.length === 1 ? found[0] : undefined);

/** @param {File} file @returns {Promise<Uint8Array>} */
const bytes = async (file) => new Uint8Array(await file.arrayBuffer());

/** @param {Record<string, File | undefined>} files @returns {Promise<Record<string, Uint8Array | undefined>>} */
export async function readModel(files) {
  const read = await Promise.all(Object.entries(files).map(async ([name, file]) => [name, file && (await bytes(file))]));
  return Object.fromEntries(read);
}

/**
 * Takes files from a button and from anywhere on the page.
 * @param {HTMLInputElement} input
 * @param {HTMLElement} root shows that a file is over it
 * @param {(files: File[]) => void} take
 */
export function receive(input, root, take) {
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = ""; // the same file can be chosen again
  });
  const over = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    root.toggleAttribute("data-over", true);
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && root.toggleAttribute("data-over", false));
  document.addEventListener("drop", async (event) => {
    if (!over(event)) return;
    event.preventDefault();
    root.toggleAttribute("data-over", false);
    take(await dropped(event.dataTransfer));
  });
}

// A folder is dropped as one entry; its files are one floor down.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = await Promise.all(entries.map(filesOf));
  return found.flat();
}

const asked = (call) => new Promise((resolve, reject) => call(resolve, reject));

async function filesOf(entry) {
  if (entry.isFile) return [await asked((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const files = [];
  // A reader gives a hundred at a time, and none at the end.
  for (let some; (some = await asked((resolve, reject) => reader.readEntries(resolve, reject))).length > 0; ) {
    files.push(...(await Promise.all(some.filter((one) => one.isFile).map(filesOf))).flat());
  }
  return files;
}
