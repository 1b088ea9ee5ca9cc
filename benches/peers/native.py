#!/usr/bin/env python3
"""ms of a call on the CPU: `unmask bench` beside PyTorch and onnxruntime, same weights, shapes and threads, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch numpy safetensors onnx onnxruntime onnxscript
    /tmp/peers/bin/python benches/peers/export_onnx.py --out /tmp/peers-onnx
    cargo build --release
    /tmp/peers/bin/python benches/peers/native.py --unmask target/release/unmask [--threads 1,2] [--batches 1,8] [--turns 7]

A whole call is logits, and of every position log-sum-exp, entropy, the five likeliest tokens and a token drawn. Each is timed for its
logits alone and for whole calls; onnxruntime, which has logits alone, has the rest done by PyTorch, as in call_pytorch.py. A turn is
every one for a short while, one after another, every other turn in the opposite order, each done while other programs leave the cores
alone. Prints, for each number of threads and batch, the medians over turns of each one's median, the least and most of these, and the
ratios of ours to each: of the same work, and of our whole call. With --json FILE also all turns.

Threads are those of rayon (ours), of PyTorch, which a process of its own sets before it compiles, and of onnxruntime's session.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

WHOLE = ", whole call"
OURS = "unmask"


class Quiet:
    """Runs things while nothing else uses the cores, as far as that can be had in some seconds of waiting; only Linux tells."""

    def __init__(self, patience):
        self.left = patience if pathlib.Path("/proc/stat").exists() else 0.0

    def run(self, do):
        """What `do` gives, done anew if it was disturbed. A disturbed one counts once there is no time left to wait."""
        while True:
            begun = time.perf_counter()
            while self.left > 0 and self.disturbed(lambda: time.sleep(0.2))[0]:
                self.left -= time.perf_counter() - begun
                begun = time.perf_counter()
            disturbed, found = self.disturbed(do)
            if not disturbed or self.left <= 0:
                return found
            self.left -= time.perf_counter() - begun

    def disturbed(self, do):
        """Whether others took more than a twentieth of the cores meanwhile, and what `do` gave."""
        if self.left <= 0:
            return False, do()
        begun, before = time.perf_counter(), others()
        found = do()
        return others() - before > 0.05 * os.cpu_count() * (time.perf_counter() - begun), found


def others():
    """Seconds of the cores that other processes have used."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, soft, steal, *_ = map(int, stat.readline().split()[1:])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


def timed(call, seconds):
    """The median ms of calls of some seconds, of three at least, after two that nobody times."""
    call(), call()
    times, begun = [], time.perf_counter()
    while time.perf_counter() - begun < seconds or len(times) < 3:
        one = time.perf_counter()
        call()
        times.append((time.perf_counter() - one) * 1000)
    return statistics.median(times)


def ours(args, batch):
    command = [args.unmask, "bench", "--device", "cpu", "--model", args.model, "--lengths", args.length, "--batches", batch]
    command += ["--seconds", args.seconds, "--logits", "--format", "json"]
    threads = {**os.environ, "RAYON_NUM_THREADS": str(args.threads)}
    out = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, env=threads).stdout
    cell = json.loads(out)["cells"][0]
    return {OURS: cell["logits_ms"], OURS + WHOLE: cell["median_ms"]}


def peers(args):
    """Name -> a function from tokens (numpy, int32) to a function that makes a call."""
    import onnxruntime as ort
    import torch
    from call_pytorch import Call, said
    from export_onnx import Logits

    torch.set_num_threads(args.threads)
    logits = Logits(args.model).eval()
    whole = Call(logits.net, logits.config).eval()
    nets = {"PyTorch eager": logits, "PyTorch eager" + WHOLE: whole}
    if not args.no_compile:
        nets |= {name.replace("eager", "compiled"): torch.compile(net) for name, net in nets.items()}

    def of_pytorch(net):
        def given(tokens):
            tokens = torch.from_numpy(tokens)

            def call():
                with torch.inference_mode():
                    return net(tokens)

            return call

        return given

    def of_onnx(path):
        options = ort.SessionOptions()
        options.intra_op_num_threads = args.threads
        # Threads that go on waiting busily after a call would take the cores from whoever has the next turn.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda tokens: lambda: session.run(None, {"tokens": tokens})[0]

    def with_the_rest(given):
        def whole_call(tokens):
            call = given(tokens)

            def both():
                with torch.inference_mode():
                    return said(torch.from_numpy(call()).flatten(0, 1), whole.never)

            return both

        return whole_call

    print(f"PyTorch {torch.__version__}, onnxruntime {ort.__version__}", file=sys.stderr)
    graphs = {f"onnxruntime, {name}.onnx": of_onnx(args.onnx / f"{name}.onnx") for name in args.graphs.split(",")}
    graphs |= {name + WHOLE: with_the_rest(given) for name, given in graphs.items()}
    return {name: of_pytorch(net) for name, net in nets.items()} | graphs


def measure(args):
    """Batch -> name -> ms, one number a turn, with one number of threads."""
    import numpy as np

    mask = json.loads((args.model / "config.json").read_text())["mask_id"]
    ways, told, quiet = peers(args), {}, Quiet(args.patience)
    for batch in map(int, args.batches.split(",")):
        tokens = np.full((batch, args.length), mask, np.int32)
        calls = {name: way(tokens) for name, way in ways.items()}
        for call in calls.values():
            call()  # compiles
        found = told[batch] = {name: [] for name in [OURS, OURS + WHOLE, *calls]}
        for turn in range(args.turns):
            runs = [lambda: ours(args, batch)]
            runs += [lambda call=call, name=name: {name: timed(call, args.seconds)} for name, call in calls.items()]
            for run in runs if turn % 2 == 0 else runs[::-1]:
                for name, ms in quiet.run(run).items():
                    found[name].append(ms)
    if quiet.left <= 0 < args.patience:
        print(f"{args.threads} threads: the cores were not idle for long enough: some turns were disturbed", file=sys.stderr)
    return told


def report(threads, batch, found):
    middle = {name: statistics.median(times) for name, times in found.items()}
    print(f"\n{threads} thread{'s' * (threads > 1)}, batch {batch}: medians of {len(found[OURS])} turns\n")
    print("| | ms a call | least to most | ours / it, same work | our whole call / it |\n|---|---|---|---|---|")
    for name, times in found.items():
        same = middle[OURS + WHOLE if name.endswith(WHOLE) else OURS] / middle[name]
        whole = middle[OURS + WHOLE] / middle[name]
        print(f"| {name} | {middle[name]:.1f} | {min(times):.1f} to {max(times):.1f} | {same:.2f} | {whole:.2f} |")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unmask", required=True, type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path("assets/model"))
    parser.add_argument("--onnx", type=pathlib.Path, default=pathlib.Path("/tmp/peers-onnx"))
    parser.add_argument("--graphs", default="fused,plain", help="which of export_onnx.py's")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each one's turn")
    parser.add_argument("--patience", type=float, default=300.0, help="seconds to wait in all, for each number of threads, for idle cores")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        args.threads = int(args.threads)
        return print(json.dumps(measure(args)))
    everything = {}
    for threads in map(int, args.threads.split(",")):
        # A process of its own: what torch.compile makes has the number of threads in it.
        command = [sys.executable, __file__, *sys.argv[1:], "--worker", "--threads", str(threads)]
        env = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env).stdout
        everything[threads] = json.loads(out.splitlines()[-1])
        for batch, found in everything[threads].items():
            report(threads, int(batch), found)
    if args.json:
        args.json.write_text(json.dumps(everything))


if __name__ == "__main__":
    main()
