"""The NELBO of the reference checkpoint on fixed windows and masks, by numpy alone: what `tests/nelbo.rs` compares with.

    pip install numpy tokenizers
    python3 benches/peers/reference_nelbo.py REFERENCE_FOLDER TEXT > tests/golden/nelbo.json

The net is written down here from its description, in double precision; no line of it is shared with the Rust one.
"""

import json
import random
import struct
import sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

WINDOWS, LENGTH, REVEALED = 8, 64, [0, 8, 24, 40, 56]


def weights(path):
    """Tensors of a safetensors file of f32, as f64: eight bytes of length, a JSON header, and the numbers."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32", (name, entry["dtype"])
            begin, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(body[begin:end], "<f4").reshape(entry["shape"]).astype(np.float64)
    return tensors


class Net:
    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        self.tensors = weights(folder / "model.safetensors")

    def rms(self, x, name):
        mean = np.mean(x * x, axis=-1, keepdims=True)
        return x / np.sqrt(mean + self.config["norm_eps"]) * self.tensors[name + ".weight"]

    def rotated(self, x):
        """[heads, length, head], the halves of a head turned against each other."""
        half = x.shape[-1] // 2
        turns = self.config["rope_base"] ** (-np.arange(half) / half)
        angle = np.outer(np.arange(x.shape[1]), turns)
        a, b = x[..., :half], x[..., half:]
        return np.concatenate([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], axis=-1)

    def logits(self, tokens):
        """[length] -> [length, vocab]."""
        heads, width = self.config["n_head"], self.config["d_model"]
        head, length = width // heads, len(tokens)
        x = self.tensors["emb.weight"][tokens] * self.config["emb_scale"]
        for layer in range(self.config["n_layer"]):
            block = f"blocks.{layer}."
            mixed = self.rms(x, block + "norm1") @ self.tensors[block + "qkv.weight"].T
            q, k, v = mixed.reshape(length, 3, heads, head).transpose(1, 2, 0, 3)
            q, k = self.rotated(self.rms(q, block + "q_norm")), self.rotated(self.rms(k, block + "k_norm"))
            scores = q @ k.transpose(0, 2, 1) / np.sqrt(head)
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            seen = scores / scores.sum(axis=-1, keepdims=True) @ v
            x = x + seen.transpose(1, 0, 2).reshape(length, width) @ self.tensors[block + "proj.weight"].T
            gate, up = np.split(self.rms(x, block + "norm2") @ self.tensors[block + "w13.weight"].T, 2, axis=-1)
            x = x + (gate / (1 + np.exp(-gate)) * up) @ self.tensors[block + "w2.weight"].T
        return self.rms(x, "norm") @ self.tensors["emb.weight"].T

    def loss(self, tokens, shown):
        """The mean of -log p over the tokens that are not shown, in nats; mask and padding are never predicted."""
        hidden = np.array([sign == "0" for sign in shown])
        logits = self.logits(np.where(hidden, self.config["mask_id"], tokens))[hidden]
        logits[:, [self.config["mask_id"], self.config["pad_id"]]] = -np.inf
        highest = logits.max(axis=-1, keepdims=True)
        total = highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=-1))
        return float(np.mean(total - logits[np.arange(hidden.sum()), tokens[hidden]]))


def main(folder, text):
    net, tokenizer = Net(Path(folder)), Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    stories = [story.strip() for story in Path(text).read_text().split("<|endoftext|>") if story.strip()]
    cut = [tokenizer.encode(story).ids for story in stories]
    windows = [ids[:LENGTH] for ids in cut if len(ids) >= LENGTH]
    windows = [windows[index * len(windows) // WINDOWS] for index in range(WINDOWS)]
    chance, masks, losses = random.Random(1), [], []
    for window in windows:
        for revealed in REVEALED:
            places = set(chance.sample(range(LENGTH), revealed))
            masks.append("".join("1" if place in places else "0" for place in range(LENGTH)))
            losses.append(net.loss(np.array(window), masks[-1]))
    golden = {
        "_about": "Mean -log p of masked tokens, nats, by benches/peers/reference_nelbo.py; 1 is shown, 0 is masked; "
        "masks and losses are [windows][masks of a window], one after the other.",
        "windows": windows,
        "masks": masks,
        "losses": [round(loss, 7) for loss in losses],
        "nelbo": round(float(np.mean(losses)), 7),
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main(*sys.argv[1:])
