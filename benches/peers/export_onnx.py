#!/usr/bin/env python3
"""The net of a model's folder as ONNX, for onnxruntime: `tokens` int32 [batch, length] -> `logits` f32 [batch, length, vocab].

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch numpy safetensors onnx onnxruntime onnxscript
    /tmp/peers/bin/python benches/peers/export_onnx.py [--model assets/model] [--out /tmp/peers-onnx]
    /tmp/peers/bin/python benches/peers/export_onnx.py --model tests/reference    # also against golden logits

Writes three graphs with the same weights in f32, of which the one that is fastest on a device should stand for onnxruntime there:

    plain.onnx   what torch.onnx.export makes of the PyTorch net: standard operators of opset 18
    std23.onnx   the same with opset 23, in which attention and RMS norm are operators
    fused.onnx   built of onnxruntime's own operators: RMS norm with the residual sum, rotary positions, multi-head attention, SiLU

Prints the largest distance of each one's logits from PyTorch's, and from the golden ones where the folder has any; fails above 1e-4.
"""

import argparse
import json
import logging
import pathlib

import numpy as np
import onnx
import onnxruntime as ort
import torch
from call_pytorch import weights
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from train_pytorch import Net

GRAPHS = ["plain", "std23", "fused"]


class Logits(torch.nn.Module):
    """The net from tokens to logits, for any length that its tables of angles have."""

    def __init__(self, folder):
        super().__init__()
        config = json.loads((folder / "config.json").read_text())
        self.config = config
        self.net = Net(config["vocab_size"], config["seq_len"], config["d_model"], config["n_layer"], config["n_head"], config["d_ff"])
        missing, unknown = self.net.load_state_dict(weights(folder / "model.safetensors"), strict=False)
        assert set(missing) <= {"cos", "sin"} and not unknown, (missing, unknown)

    def forward(self, tokens):
        net, length = self.net, tokens.shape[1]
        x = net.emb(tokens) * net.emb.embedding_dim**0.5
        for block in net.blocks:
            x = block(x, net.cos[:length], net.sin[:length])
        return net.norm(x) @ net.emb.weight.T


def exported(logits, path, opset):
    shape = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length", min=2, max=logits.config["seq_len"])}
    example = torch.full((3, 17), logits.config["mask_id"], dtype=torch.int32)
    names = {"input_names": ["tokens"], "output_names": ["logits"]}
    torch.onnx.export(logits, (example,), path, dynamo=True, opset_version=opset, dynamic_shapes=(shape,), external_data=False,
                      verbose=False, **names)


class Graph:
    """Nodes and weights that are added one by one; a value is its name."""

    def __init__(self):
        self.nodes, self.weights, self.count = [], [], 0

    def weight(self, values, name):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def __call__(self, kind, *inputs, outputs=1, domain="", **attributes):
        """The first value that a node gives, or all of them; None is an output that nobody reads."""
        self.count += 1
        wanted = [True] * outputs if isinstance(outputs, int) else outputs
        names = [f"v{self.count}_{index}" if one else "" for index, one in enumerate(wanted)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names[0] if len(names) == 1 else names


def fused(logits, path):
    """onnxruntime's own operators keep heads side by side in the last dimension, so nothing is transposed."""
    net, config, own = logits.net, logits.config, "com.microsoft"
    d, heads, eps = config["d_model"], config["n_head"], config["norm_eps"]
    graph = Graph()
    array = lambda tensor: tensor.detach().numpy()
    matrix = lambda tensor, name: graph.weight(array(tensor).T, name)  # [in, out]
    flat, split = graph.weight(np.array([0, 0, d]), "flat"), graph.weight(np.array([0, 0, heads, d // heads]), "split")
    start = graph.weight(np.zeros(1, np.int64), "start")
    cos, sin = graph.weight(array(net.cos), "cos"), graph.weight(array(net.sin), "sin")

    def norm(x, weight, name):
        return graph("SimplifiedLayerNormalization", x, graph.weight(array(weight), name), axis=-1, epsilon=eps, stash_type=1)

    def add_norm(x, more, weight, name):
        """The normalised sum, and the sum."""
        gamma = graph.weight(array(weight), name)
        found = graph("SkipSimplifiedLayerNormalization", x, more, gamma, outputs=[1, 0, 0, 1], domain=own, epsilon=eps)
        return found[0], found[3]

    def turned(x, weight, name):
        x = graph("Reshape", norm(graph("Reshape", x, split), weight, name), flat)
        return graph("RotaryEmbedding", x, start, cos, sin, domain=own, num_heads=heads, interleaved=0)

    x = graph("Gather", graph.weight(array(net.emb.weight) * np.float32(config["emb_scale"]), "emb"), "tokens", axis=0)
    normed = norm(x, net.blocks[0].norm1.weight, "norm1.0")
    for at, block in enumerate(net.blocks):
        q, k, v = (
            graph("MatMul", normed, matrix(part, f"{name}.{at}")) for name, part in zip("qkv", block.qkv.weight.chunk(3))
        )
        q, k = turned(q, block.q_norm.weight, f"q_norm.{at}"), turned(k, block.k_norm.weight, f"k_norm.{at}")
        seen = graph("MultiHeadAttention", q, k, v, domain=own, num_heads=heads)
        added = graph("MatMul", seen, matrix(block.proj.weight, f"proj.{at}"))
        normed, x = add_norm(x, added, block.norm2.weight, f"norm2.{at}")
        gate, up = (graph("MatMul", normed, matrix(part, f"{name}.{at}")) for name, part in zip(("w1", "w3"), block.w13.weight.chunk(2)))
        gated = graph("Mul", graph("QuickGelu", gate, domain=own, alpha=1.0), up)
        added = graph("MatMul", gated, matrix(block.w2.weight, f"w2.{at}"))
        after = net.blocks[at + 1].norm1 if at + 1 < len(net.blocks) else net.norm
        normed, x = add_norm(x, added, after.weight, f"norm1.{at + 1}")
    graph.nodes.append(helper.make_node("MatMul", [normed, matrix(net.emb.weight, "out")], ["logits"]))
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT32, ["batch", "length"])
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", config["vocab_size"]])
    whole = helper.make_graph(graph.nodes, "unmask", [tokens], [out], graph.weights)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(own, 1)]
    onnx.save(helper.make_model(whole, opset_imports=opsets, ir_version=9), path)


def cases(folder, logits):
    """What there is to compare with: a name, tokens, positions, and the logits at these."""
    config = logits.config
    generator = torch.Generator().manual_seed(1)
    for batch, length in [(1, config["seq_len"]), (3, 32)]:
        tokens = torch.randint(0, config["vocab_size"], (batch, length), generator=generator, dtype=torch.int32)
        tokens[torch.rand(batch, length, generator=generator) < 0.5] = config["mask_id"]
        with torch.inference_mode():
            yield f"PyTorch, {batch} x {length}", tokens.numpy(), range(length), logits(tokens).numpy()
    if (folder / "golden.safetensors").exists():
        golden = load_file(folder / "golden.safetensors")
        yield "golden", golden["tokens"], golden["positions"], golden["logits"]
        yield "golden, short", golden["short_tokens"], range(0, 32, 4), golden["short_logits"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path("assets/model"))
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("/tmp/peers-onnx"))
    args = parser.parse_args()
    logging.disable(logging.WARNING)  # of what torchvision would add
    args.out.mkdir(parents=True, exist_ok=True)
    logits = Logits(args.model).eval()
    paths = {name: args.out / f"{name}.onnx" for name in GRAPHS}
    exported(logits, paths["plain"], 18)
    exported(logits, paths["std23"], 23)
    fused(logits, paths["fused"])
    for name, path in paths.items():
        session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        print(f"{path}: {path.stat().st_size} bytes")
        for case, tokens, positions, wanted in cases(args.model, logits):
            found = session.run(None, {"tokens": tokens})[0][:, list(positions)]
            distance = np.abs(found - wanted).max()
            print(f"    {case}: largest distance of a logit {distance:.1e}")
            assert distance < 1e-4, (name, case)


if __name__ == "__main__":
    main()
