// The worker of the pure module: schedules, sampler and traces without a net. Asked by name, so that the page never waits.
//
// Page to worker: {id, ask, values} | Worker to page: ready {} | {id, value} | {id, fault} | broken {message}

import { fetchFile } from "./store/files.js";

const messageOf = (fault) => (fault instanceof Error ? fault.message : String(fault));

/** What may be asked, and how the values go in and out. */
const asks = (pure) => ({
  choices: () => JSON.parse(pure.choices()),
  checkTrace: (text) => pure.check_trace(text),
  wouldReveal: async (settings, tokens, predictions, mask) =>
    JSON.parse(await pure.would_reveal(JSON.stringify(settings), Uint32Array.from(tokens), JSON.stringify(predictions), mask)),
  forecast: (profile, schedule, steps, given) => pure.forecast(JSON.stringify(profile), schedule, steps, given),
  loss: (profile, sizes, given) => pure.loss(JSON.stringify(profile), Uint32Array.from(sizes), given),
});

async function load() {
  const pure = await import("./pure.js");
  const bytes = await fetchFile("pure_bg.wasm");
  await pure.default({ module_or_path: bytes.buffer });
  const known = asks(pure);
  onmessage = async ({ data: { id, ask, values } }) => {
    try {
      postMessage({ id, value: await known[ask](...values) });
    } catch (fault) {
      postMessage({ id, fault: messageOf(fault) });
    }
  };
  postMessage({ type: "ready" });
}

load().catch((fault) => postMessage({ type: "broken", message: messageOf(fault) }));
