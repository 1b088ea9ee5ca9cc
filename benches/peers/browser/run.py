#!/usr/bin/env python3
"""ms of a call in the browser: our engine beside onnxruntime-web, same weights, same Chromium, same adapter, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch numpy safetensors onnx onnxruntime onnxscript selenium brotli
    /tmp/peers/bin/python benches/peers/export_onnx.py --out /tmp/peers-onnx
    cargo xtask web
    /tmp/peers/bin/python benches/peers/browser/run.py [--backends cpu,gpu] [--batches 1,32] [--turns 5]

Needs chromium, chromedriver and npm, which puts onnxruntime-web into --scratch. Of our page only the engine is loaded. Both run on one
thread on the CPU (wasm SIMD), and on WebGPU by whatever adapter the flags give: SwiftShader if not told otherwise, where a call takes
seconds. --flags '--enable-unsafe-webgpu --enable-features=Vulkan' takes a real GPU on Linux.

A side is ours, or onnxruntime-web with one of export_onnx.py's graphs. Ours is a whole call, whose predictions are read back;
onnxruntime's gives logits, which are all read back; from a GPU only four of them where --graphs says fused:slice. A turn is one call of
each; the order turns round.
Prints whether all say the same likeliest tokens; medians and the ratio of ours to each; and the bytes of the scripts and wasm modules that
each side loaded, by brotli 11 with a window of 2^22. With --json FILE also all turns.
"""

import argparse
import functools
import http.server
import json
import pathlib
import statistics
import subprocess
import tempfile
import threading

import brotli
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HERE = pathlib.Path(__file__).resolve().parent
OURS = "ours"
BUILDS = {"cpu": "ort.wasm.bundle.min.mjs", "gpu": "ort.webgpu.bundle.min.mjs"}
QUIET = "--no-sandbox --disable-background-networking --disable-component-update --disable-sync --no-first-run --disable-dev-shm-usage"
SWIFTSHADER = "--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files of several folders, each under its own name."""

    extensions_map = {".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm",
                      ".json": "application/json", "": "application/octet-stream"}

    def __init__(self, *args, folders, **more):
        self.folders = folders
        super().__init__(*args, **more)

    def translate_path(self, path):
        return str(on_disk(self.folders, path))

    def log_message(self, *_):
        pass


def on_disk(folders, path):
    _, name, *rest = path.split("?")[0].split("/")
    return folders[name].joinpath(*rest) if name in folders and ".." not in rest else pathlib.Path("/nowhere")


def serve(folders):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, folders=folders))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://localhost:{server.server_port}"


def onnxruntime_web(scratch, version):
    folder = scratch / "node_modules" / "onnxruntime-web"
    manifest = folder / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != version:
        scratch.mkdir(parents=True, exist_ok=True)
        (scratch / "package.json").write_text("{}")
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", f"onnxruntime-web@{version}"]
        subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.DEVNULL)
    return folder / "dist"


class Page:
    def __init__(self, args, profile):
        options = webdriver.ChromeOptions()
        options.binary_location = args.chromium
        for flag in ["--headless", *QUIET.split(), *args.flags.split(), f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        self.driver = webdriver.Chrome(options=options, service=Service(args.chromedriver))
        self.driver.set_script_timeout(args.timeout)
        self.driver.command_executor.client_config.timeout = args.timeout + 60  # else two minutes

    def ask(self, what, *args):
        told = self.driver.execute_async_script("ask(arguments[0], arguments[1], arguments[2])", what, args)
        if "fault" in told:
            raise RuntimeError(f"{what} {args[0] if args else ''}: {told['fault']}")
        return told["value"]


@functools.cache
def compressed(path):
    return len(brotli.compress(path.read_bytes(), quality=11, lgwin=22))


def scripts(folders, paths):
    """The scripts and wasm modules among these: name, bytes, bytes by brotli."""
    files = sorted({on_disk(folders, path) for path in paths if path.endswith((".js", ".mjs", ".wasm")) and "/bench/" not in path})
    return [(file.name, file.stat().st_size, compressed(file)) for file in files]


def measure(args, page, url, folders, backend):
    """Sides, opened one by one, and their turns."""
    page.driver.get(f"{url}/bench/index.html")
    files = json.loads((args.dist / "files.json").read_text())["files"]
    model = {name.rsplit("/", 1)[1]: one["url"] for name, one in files.items() if name.startswith("models/default/")}
    wasm = next(args.dist.glob("unmask_bg*.wasm")).name
    config = json.loads((args.model / "config.json").read_text())
    build = args.build if args.build and backend == "gpu" else BUILDS[backend]
    sides = {OURS: {"dist": "/dist", "wasm": wasm, "files": model}}
    for name in args.graphs.split(","):
        graph, _, read = name.partition(":")
        sides[name] = {"ort": "/ort", "build": build, "graph": f"/onnx/{graph}.onnx", "config": config, "read": read or "whole"}
    told = {"adapter": page.ask("adapter") if backend == "gpu" else None, "ready": {}, "payload": {}, "first": {}, "turns": {}}
    before, tokens = set(page.ask("loaded")), {}
    for name, options in sides.items():
        told["ready"][name] = page.ask("open", name, {**options, "backend": backend})
        now = set(page.ask("loaded"))
        if name == OURS or "onnxruntime-web" not in told["payload"]:
            told["payload"][name if name == OURS else "onnxruntime-web"] = [] if args.no_payload else scripts(folders, now - before)
        before = now
        tokens[name] = page.ask("tokens", name)
        print(f"{backend}: {name} ready after {told['ready'][name] / 1000:.1f} s", flush=True)
    told["agree"] = {name: sum(map(int.__eq__, those, tokens[OURS])) for name, those in tokens.items()}
    for batch in map(int, args.batches.split(",")):
        told["turns"][batch] = found = {}
        for name in sides:
            try:
                told["first"][f"{name}, {batch}"] = page.ask("call", name, batch)  # compiles what this shape needs
                found[name] = []
                if args.verbose:
                    print(f"{backend}, batch {batch}, first call: {name} {told['first'][f'{name}, {batch}']:.0f} ms", flush=True)
            except RuntimeError as fault:
                print(f"{backend}, batch {batch}: left out: {fault}", flush=True)
        for turn in range(args.turns if batch == 1 or args.turns_of_batches is None else args.turns_of_batches):
            for name in list(found) if turn % 2 == 0 else list(found)[::-1]:
                found[name].append(page.ask("call", name, batch))
                if args.verbose:
                    print(f"{backend}, batch {batch}, turn {turn + 1}: {name} {found[name][-1]:.0f} ms", flush=True)
    return told


def report(backend, told):
    print(f"\n{backend}" + (f", adapter {told['adapter']}" if told["adapter"] else ""))
    print("likeliest tokens as ours:", ", ".join(f"{name} {count}" for name, count in told["agree"].items()))
    for batch, found in told["turns"].items():
        middle = {name: statistics.median(times) for name, times in found.items() if times}
        print(f"\n| batch {batch} | ms a call | least to most | turns | ours / it |\n|---|---|---|---|---|")
        for name, times in found.items():
            if not times:
                print(f"| {name} | first call alone: {told['first'][f'{name}, {batch}']:.1f} | | 0 | |")
        for name, ms in middle.items():
            times, ratio = found[name], f"{middle[OURS] / ms:.2f}" if OURS in middle else ""
            print(f"| {name} | {ms:.1f} | {min(times):.1f} to {max(times):.1f} | {len(times)} | {ratio} |")
    for name, files in told["payload"].items() if any(told["payload"].values()) else []:
        raw, small = (sum(file[at] for file in files) for at in (1, 2))
        parts = ", ".join(f"{file} {bytes} -> {packed}" for file, bytes, packed in files)
        print(f"\npayload of {name}: {raw} bytes, {small} by brotli ({parts})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dist", type=pathlib.Path, default=pathlib.Path("dist"), help="what `cargo xtask web` made")
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path("assets/model"))
    parser.add_argument("--onnx", type=pathlib.Path, default=pathlib.Path("/tmp/peers-onnx"))
    parser.add_argument("--graphs", default="fused", help="which of export_onnx.py's, with commas; NAME:slice reads back little")
    parser.add_argument("--backends", default="cpu,gpu")
    parser.add_argument("--batches", default="1")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--turns-of-batches", type=int, help="turns of batches above 1, if not as many; 0: only a first call")
    parser.add_argument("--build", help=f"another script of onnxruntime-web for WebGPU than {BUILDS['gpu']}: ort.jspi.bundle.min.mjs")
    parser.add_argument("--version", default="1.30.0", help="of onnxruntime-web")
    parser.add_argument("--scratch", type=pathlib.Path, default=pathlib.Path("/tmp/peers-ort-web"))
    parser.add_argument("--flags", default=SWIFTSHADER)
    parser.add_argument("--timeout", type=int, default=1200, help="seconds that a single call may take")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--chromedriver", default="/usr/bin/chromedriver")
    parser.add_argument("--no-payload", action="store_true", help="compressing takes a minute")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    folders = {"bench": HERE, "dist": args.dist, "onnx": args.onnx, "ort": onnxruntime_web(args.scratch, args.version)}
    url, everything = serve(folders), {}
    with tempfile.TemporaryDirectory() as profile:
        page = Page(args, profile)
        print(f"Chromium {page.driver.capabilities['browserVersion']}, onnxruntime-web {args.version}", flush=True)
        try:
            for backend in args.backends.split(","):
                everything[backend] = measure(args, page, url, folders, backend)
                report(backend, everything[backend])
        finally:
            page.driver.quit()
    if args.json:
        args.json.write_text(json.dumps(everything))


if __name__ == "__main__":
    main()
