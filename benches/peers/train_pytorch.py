#!/usr/bin/env python3
"""Tokens a second of training: `unmask train` beside PyTorch, same net, batch and optimizers, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch
    cargo build --release
    /tmp/peers/bin/python benches/peers/train_pytorch.py --unmask target/release/unmask --text my.txt

PyTorch reads random tokens, which cost it what real ones do; the loss is of as many masked tokens, all in f32. What a first
step costs more than others is in neither. Prints one line a turn and the ratio of the medians.
"""

import argparse
import statistics
import subprocess
import tempfile
import time

import torch
import torch.nn.functional as F
from torch import nn


class Norm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, 1e-5)


class Block(nn.Module):
    def __init__(self, d, heads, ff):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = Norm(d), Norm(d)
        self.q_norm, self.k_norm = Norm(d // heads), Norm(d // heads)
        self.qkv, self.proj = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
        self.w13, self.w2 = nn.Linear(d, 2 * ff, bias=False), nn.Linear(ff, d, bias=False)

    def forward(self, x, cos, sin):
        batch, length, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k = rotate(self.q_norm(q), cos, sin), rotate(self.k_norm(k), cos, sin)
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, d)
        x = x + self.proj(seen)
        g, u = self.w13(self.norm2(x)).chunk(2, -1)
        return x + self.w2(F.silu(g) * u)


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Net(nn.Module):
    def __init__(self, vocab, length, d, layers, heads, ff):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        nn.init.normal_(self.emb.weight, std=d**-0.5)
        self.blocks = nn.ModuleList(Block(d, heads, ff) for _ in range(layers))
        self.norm = Norm(d)
        half = d // heads // 2
        angles = torch.arange(length)[:, None] * 10000.0 ** (-torch.arange(half) / half)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, tokens):
        x = self.emb(tokens) * self.emb.embedding_dim**0.5
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.norm(x)


class Muon(torch.optim.Optimizer):
    """As burn's: PyTorch's own computes its products in bfloat16, which is other work."""

    def __init__(self, matrices, lr):
        super().__init__(matrices, dict(lr=lr))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.mul_(0.95).add_(p.grad)
                x = velocity.mul(0.95).add_(p.grad)
                tall = x.size(0) > x.size(1)
                x = x.T if tall else x
                x = x / x.norm().clamp_min(1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
                x = x.T if tall else x
                p.mul_(1 - group["lr"] * 0.1).add_(x, alpha=-group["lr"] * 0.2 * max(p.shape) ** 0.5)


def of_pytorch(args, device):
    """A function that trains for some steps and returns tokens a second."""
    torch.manual_seed(1)
    net = Net(args.vocab, args.length, args.d_model, args.n_layer, args.n_head, args.d_ff).to(device)
    mean = [p.detach().clone() for p in net.parameters()]
    matrices = [p for name, p in net.named_parameters() if p.ndim == 2 and name.startswith("blocks")]
    others = [p for name, p in net.named_parameters() if not (p.ndim == 2 and name.startswith("blocks"))]
    optimizers = [Muon(matrices, lr=1.2e-2), torch.optim.AdamW(others, lr=1.2e-2, betas=(0.9, 0.98), weight_decay=0.0)]
    run = torch.compile(net) if args.compile else net

    def step():
        tokens = torch.randint(3, args.vocab, (args.batch, args.length))
        asked = ((torch.arange(args.batch) + torch.rand(1)) / args.batch * args.length).long() + 1
        rank = torch.rand(args.batch, args.length).argsort(1).argsort(1)
        masked = (rank < asked[:, None]).flatten().nonzero().squeeze(1).to(device)
        weights = (1.0 / asked)[:, None].expand(-1, args.length).flatten().to(device)[masked]
        targets = tokens.flatten().to(device)[masked]
        shown = tokens.flatten().to(device).index_fill(0, masked, 2).view(args.batch, args.length)
        hidden = run(shown).flatten(0, 1)[masked]
        losses = F.cross_entropy(hidden @ net.emb.weight.T, targets, reduction="none")
        loss = (losses * weights).sum() / args.batch
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        with torch.no_grad():
            torch._foreach_lerp_(mean, list(net.parameters()), 0.002)
        return loss.item()

    def turn(steps):
        step()
        begun = time.perf_counter()
        for _ in range(steps):
            step()
        return steps * args.batch * args.length / (time.perf_counter() - begun)

    return turn


def of_unmask(args, steps):
    """Tokens a second by the command's own curve, between its two measurements."""
    with tempfile.TemporaryDirectory() as folder:
        shape = ["--d-model", args.d_model, "--n-layer", args.n_layer, "--n-head", args.n_head, "--d-ff", args.d_ff]
        shape += ["--vocab", args.vocab, "--length", args.length, "--batch", args.batch, "--steps", 2 * steps]
        command = [args.unmask, "train", args.text, "--out", folder + "/run", "--device", args.device, "--every", steps]
        subprocess.run([str(word) for word in command + shape], check=True, capture_output=True)
        with open(folder + "/run/curve.csv") as curve:
            rows = [row.split(",") for row in curve.read().split()[1:]]
        (_, before, begun, *_), (_, after, ended, *_) = rows[0], rows[-1]
        return (int(after) - int(before)) / (float(ended) - float(begun))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unmask", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--device", default="cpu", choices=["cpu", "gpu", "cuda"])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    for name, value in dict(d_model=128, n_layer=6, n_head=4, d_ff=336, vocab=2048, length=128, batch=32).items():
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=value)
    args = parser.parse_args()
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    turn = of_pytorch(args, "cpu" if args.device == "cpu" else "cuda")
    ours, theirs = [], []
    for number in range(1, args.turns + 1):
        ours.append(of_unmask(args, args.steps))
        theirs.append(turn(args.steps))
        print(f"turn {number}: unmask {ours[-1]:.0f}, PyTorch {theirs[-1]:.0f} tokens/s")
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"unmask / PyTorch, medians of {args.turns}: {ratio:.2f}")


if __name__ == "__main__":
    main()
