// Our engine and onnxruntime-web with one face, for run.py: `open` makes a side, whose `call` resolves after one call of the model
// whose result JavaScript has. Every call is of sequences that are all masked.

/** The engine of a built page. */
async function ours({ dist, wasm, files, backend }) {
  const { default: start, Engine } = await import(`${dist}/unmask.js`);
  await start({ module_or_path: `${dist}/${wasm}` });
  const read = async (name) => new Uint8Array(await (await fetch(`${dist}/${files[name]}`)).arrayBuffer());
  const names = ["model.safetensors", "config.json", "tokenizer.json", "self_test.json"];
  const engine = await Engine.load(...(await Promise.all(names.map(read))), backend);

  // A run of one call, at temperature 0: the call and, of the frame, the likeliest tokens.
  const settings = { prompt: "", pins: [], schedule: "uniform", order: "left-to-right", steps: 1, temperature: 0, seed: 1 };
  const run = async () => {
    engine.start(0, JSON.stringify(settings));
    await engine.next(0); // frame 0 takes no call
    const began = performance.now();
    const line = await engine.next(0);
    const ms = performance.now() - began;
    engine.forget(0);
    return { ms, tokens: JSON.parse(line).tokens };
  };
  const batched = (engine.call ?? engine.bench)?.bind(engine);
  return {
    async call(batch) {
      if (!batched && batch > 1) throw new Error("this build of the engine has no call of a batch");
      if (!batched) return (await run()).ms;
      const began = performance.now();
      await batched(batch);
      return performance.now() - began;
    },
    tokens: async () => (await run()).tokens,
  };
}

/** onnxruntime-web: `build` is one of its scripts, `read`, "whole" or "slice", says what of the logits comes back from a GPU. */
async function theirs({ ort: folder, build, graph, backend, config, read }) {
  const ort = await import(`${folder}/${build}`);
  ort.env.wasm.numThreads = 1;
  const onGpu = backend === "gpu";
  const stays = onGpu && read === "slice"; // the logits, on the GPU
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: [onGpu ? "webgpu" : "wasm"],
    ...(stays && { preferredOutputLocation: "gpu-buffer" }),
  });
  const { seq_len: length, vocab_size: vocab, mask_id: mask, pad_id: pad } = config;
  const device = stays ? await ort.env.webgpu.device : undefined;
  const landing = device?.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });

  const made = async (batch) => {
    const tokens = new ort.Tensor("int32", new Int32Array(batch * length).fill(mask), [batch, length]);
    return (await session.run({ tokens })).logits;
  };
  // The end of the logits: it is there when all of the GPU's work is done.
  const slice = async (logits) => {
    const commands = device.createCommandEncoder();
    commands.copyBufferToBuffer(logits.gpuBuffer, logits.gpuBuffer.size - 16, landing, 0, 16);
    device.queue.submit([commands.finish()]);
    await landing.mapAsync(GPUMapMode.READ);
    landing.unmap();
  };
  return {
    async call(batch) {
      const began = performance.now();
      const logits = await made(batch);
      if (stays) await slice(logits);
      const ms = performance.now() - began;
      logits.dispose();
      return ms;
    },
    async tokens() {
      const logits = await made(1);
      const values = await logits.getData();
      const row = (at) => {
        const one = values.slice(at * vocab, (at + 1) * vocab);
        one[mask] = one[pad] = -Infinity; // as our model does: neither is ever said
        return one.indexOf(one.reduce((most, value) => Math.max(most, value)));
      };
      return Array.from({ length }, (_, at) => row(at));
    },
  };
}

const sides = {};

/** @returns {Promise<number>} ms until the side was ready, from nothing */
export async function open(name, options) {
  const began = performance.now();
  sides[name] = await (name === "ours" ? ours : theirs)(options);
  return performance.now() - began;
}

/** @returns {Promise<string[]>} what the page has loaded so far */
export const loaded = async () => performance.getEntriesByType("resource").map((one) => new URL(one.name).pathname);

export async function adapter() {
  const { vendor, architecture, description } = (await navigator.gpu?.requestAdapter())?.info ?? {};
  return [vendor, architecture, description].filter(Boolean).join(" ") || "none";
}

/** For the driver: calls one of these by name, and tells of a fault in words. */
const doors = { open, loaded, adapter, call: (name, batch) => sides[name].call(batch), tokens: (name) => sides[name].tokens() };
window.ask = (what, args, done) =>
  doors[what](...args).then(
    (value) => done({ value }),
    (fault) => done({ fault: `${fault?.message ?? fault}` }),
  );
