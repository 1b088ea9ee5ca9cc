#!/usr/bin/env python3
"""ms of a call: `unmask bench` beside PyTorch, same weights and shapes, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch numpy
    cargo build --release
    /tmp/peers/bin/python benches/peers/call_pytorch.py --unmask target/release/unmask [--device gpu] [--batches 1,8]

A call is what `unmask bench` measures: sequences that are all masked through the net in f32, and of every position log-sum-exp,
entropy, the five likeliest tokens and a token drawn by the Gumbel-max rule, read back. PyTorch does it eagerly, by `torch.compile`, and on
CUDA by `torch.compile` with CUDA graphs too. Prints medians and the ratios of ours to theirs.
"""

import argparse
import json
import statistics
import struct
import subprocess
import time

import torch
from train_pytorch import Net


def weights(path):
    """Tensors of a safetensors file of f16, as f32."""
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    kinds = {"F16": torch.float16, "F32": torch.float32}
    read = lambda one: torch.frombuffer(data, dtype=kinds[one["dtype"]], count=torch.Size(one["shape"]).numel(), offset=one["data_offsets"][0])
    return {name: read(one).float().view(one["shape"]) for name, one in header.items()}


def said(logits, never):
    """What a call says of logits [rows, vocab], which it changes."""
    logits[:, never] = -1e9
    log_probs = logits.log_softmax(-1)
    entropy = -(log_probs.exp() * log_probs).sum(-1)
    noise = -torch.empty_like(logits).exponential_().log()
    top, likeliest = log_probs.topk(5)
    return torch.cat([logits.logsumexp(-1, True), entropy[:, None], top, likeliest, (logits + noise).argmax(-1, True)], -1)


class Call(torch.nn.Module):
    def __init__(self, net, config):
        super().__init__()
        self.net, self.never = net, [config["mask_id"], config["pad_id"]]

    def forward(self, tokens):
        return said(self.net(tokens).flatten(0, 1) @ self.net.emb.weight.T, self.never)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unmask", required=True)
    parser.add_argument("--model", default="assets/model")
    parser.add_argument("--device", default="cpu", choices=["cpu", "gpu"])
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--no-compile", action="store_true")
    args = parser.parse_args()
    device = "cpu" if args.device == "cpu" else "cuda"
    torch.backends.cuda.matmul.allow_tf32 = False
    with open(f"{args.model}/config.json") as file:
        config = json.load(file)
    length = config["seq_len"]
    net = Net(config["vocab_size"], length, config["d_model"], config["n_layer"], config["n_head"], config["d_ff"])
    net.load_state_dict(weights(f"{args.model}/model.safetensors"), strict=False)
    call = Call(net, config).to(device).eval()
    ways = {"eager": call}
    if not args.no_compile:
        ways["compiled"] = torch.compile(call)
        if device == "cuda":
            ways["compiled, CUDA graphs"] = torch.compile(call, mode="reduce-overhead")
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {torch.cuda.get_device_name() if device == 'cuda' else 'cpu'}")

    def theirs(way, tokens):
        with torch.inference_mode():
            for _ in range(5):
                way(tokens).cpu()
            times, begun = [], time.perf_counter()
            while time.perf_counter() - begun < args.seconds or len(times) < 3:
                one = time.perf_counter()
                way(tokens).cpu()
                times.append((time.perf_counter() - one) * 1000)
        return statistics.median(times)

    for batch in map(int, args.batches.split(",")):
        tokens = torch.full((batch, length), config["mask_id"], device=device)
        told = {name: [] for name in ["unmask", *ways]}
        for _ in range(args.turns):
            command = [args.unmask, "bench", "--device", args.device, "--batches", batch, "--seconds", args.seconds, "--format", "json"]
            out = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout
            told["unmask"].append(json.loads(out)["cells"][0]["median_ms"])
            for name, way in ways.items():
                told[name].append(theirs(way, tokens))
        middle = {name: statistics.median(times) for name, times in told.items()}
        ratios = ", ".join(f"{middle['unmask'] / ms:.2f} of {name} ({ms:.2f} ms)" for name, ms in middle.items() if name != "unmask")
        print(f"batch {batch}: unmask {middle['unmask']:.2f} ms: {ratios}", flush=True)


if __name__ == "__main__":
    main()
