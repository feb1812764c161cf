#!/usr/bin/env python3
"""Run every peer beside vetor on the same texts and write the table of docs/benchmarks.md.

usage: run_peers.py --build build-bench --command build/vetor --model models/all-MiniLM-L6-v2 [--peers-dir .deps]
                    [--only NAME ...] [--configs NAME ...] [--repeats 3] [--scale 4] [--json F]
                    [--docs docs/benchmarks.md] [--limit native_limit --checkpoint FOLDER]
       run_peers.py --from-json F [--docs docs/benchmarks.md]

Each peer has a virtual environment (or node_modules) of its own, PEERS_DIR/peers-NAME, made when it is not there; what
does not install or start is reported with its reason and left out. All run in turns, each in a process of its own, with
all cores, on the work loads that `vetor bench` has built in. The JSON is written after every process, so that a run that
was cut off loses nothing; --from-json makes the table of it again. --limit measures in each turn, before the others, how
fast the multiplications alone of the checkpoint would run on these texts, and the page says what share of that each reached.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
from dataclasses import dataclass, field

import machine_load
import peers
import quality
import report
from page_section import write_section

HERE = pathlib.Path(__file__).resolve().parent
BEGIN, END = "<!-- peers: written by make bench-peers -->", "<!-- peers: end -->"
CHECKED = {"mixed": 170, "long": 30}  # Texts whose vectors are compared.
# The texts of calibration: the end of this scale's work load, far behind every text that is measured.
CALIBRATION_SCALE, CALIBRATION_TEXTS = 32, 300
REFERENCES = ("sentence-transformers, torch", "vetor")


@dataclass
class Side:
    """One row of the table: how to run it."""
    name: str
    precision: str
    command: list  # Of a peer: interpreter, script, model. Of vetor: driver, model.
    flags: list = field(default_factory=list)
    part: int = 1
    modules: str = ""

    def commands(self, files, check, vectors):
        """A process for all files where there is a peer: loading takes longer than measuring."""
        if not self.name.startswith("vetor"):
            checking = ["--check-texts", str(check), "--vectors", str(vectors)] if vectors else []
            return [[*self.command, *map(str, files), *self.flags, *checking]]
        found = [[*self.command, str(file), *self.flags, *(["--single"] if file.stem == "single" else [])] for file in files]
        return found + ([[*self.command, str(check), *self.flags, f"--vectors={vectors}"]] if vectors else [])


def vetor_sides(options):
    command = [str(options.build / "bench/throughput/embed_throughput"), str(options.model)]
    found = [Side("vetor", "fp32", command), Side(report.OURS_ELSEWHERE, "fp32", command, ["--runtime=onnxruntime"])]
    if (options.model / "model_quantized.onnx").exists():
        found.append(Side("vetor int8", "int8", command, ["--precision=int8"]))
    return found


def peer_sides(options, skipped):
    """The peers that are installed, made ready; the others go to `skipped`, with reasons."""
    chosen = [peer for peer in peers.PEERS if not options.only or peer.name in options.only]
    installed = []
    for peer in chosen:
        print(f"installing {peer.name} ...", file=sys.stderr, flush=True)
        reason = peers.install(peer, (options.peers_dir / f"peers-{peer.name}").resolve())
        if reason:
            skipped[peer.title] = reason
        else:
            installed.append(peer)
    folders = peers.prepare_folders(options.model, options.work_dir)
    found = []
    for peer in installed:
        folder = (options.peers_dir / f"peers-{peer.name}").resolve()
        script = str(HERE / peer.script)
        interpreter = ["node"] if script.endswith(".mjs") else [str(folder / "bin" / "python"), "-B"]
        for config in peer.configs:
            if options.configs and config.name not in options.configs:
                continue
            name = f"{peer.title}, {config.name}"
            reason = peers.prepare(config.needs, folders, options.peers_dir.resolve(), HERE) if config.needs else None
            if reason:
                skipped[name] = reason
                continue
            model = folders["int8" if config.precision == "int8" else "fp32"]
            found.append(Side(name, config.precision, [*interpreter, script, str(model)], ["--config", config.name],
                              config.part, str(folder)))
    return found


def write_texts(options, parts):
    """part -> work load -> file; and the texts of check.txt and calibration.txt."""
    if options.scale >= CALIBRATION_SCALE:
        raise SystemExit(f"--scale has to be below {CALIBRATION_SCALE}, whose last texts are kept for calibration")
    writer = options.build / "bench/peers/write_workloads"
    work = options.work_dir
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run([writer, work, str(options.scale)], check=True)
    subprocess.run([writer, work / "calibration", str(CALIBRATION_SCALE)], check=True)
    lines = {name: (work / f"{name}.txt").read_text(encoding="utf-8").splitlines() for name in report.WORKLOADS}
    files = {}
    for part in parts:
        folder = work / f"part-{part}"
        folder.mkdir(exist_ok=True)
        for name, texts in lines.items():
            (folder / f"{name}.txt").write_text("\n".join(texts[:len(texts) // part]) + "\n", encoding="utf-8")
        files[part] = {name: folder / f"{name}.txt" for name in report.WORKLOADS}
    check = [text for name, count in CHECKED.items() for text in lines[name][:count]]
    (work / "check.txt").write_text("\n".join(check) + "\n", encoding="utf-8")
    kept_apart = (work / "calibration" / "mixed.txt").read_text(encoding="utf-8").splitlines()[-CALIBRATION_TEXTS:]
    (work / "calibration.txt").write_text("\n".join(kept_apart) + "\n", encoding="utf-8")
    return files, {name: len(texts) for name, texts in lines.items()}, len(check)


def count_tokens(command, model, texts):
    run = subprocess.run([command, "tokenize", "--model", model, "--input", texts, "--quiet"], text=True,
                         encoding="utf-8", check=True, stdout=subprocess.PIPE)
    return sum(len(json.loads(line)["ids"]) for line in run.stdout.splitlines())


def time_side(side, files, check, vectors):
    """A row a file, or the reason why there is none."""
    environment = {**os.environ, "PEER_MODULES": side.modules}
    rows = []
    for command in side.commands(files.values(), check, vectors):
        printed, reason = peers.run(command, env=environment)
        if reason:
            return None, reason
        rows += [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    if len(rows) < len(files):
        return None, f"printed {len(rows)} results for {len(files)} files"
    return rows[:len(files)], None


def take_turn(side, repeat, files, results, work):
    """One process of one side; the first also writes the vectors that are compared."""
    vectors = work / "vectors" / (side.name.replace(", ", "-").replace(" ", "-") + ".f32") if repeat == 1 else None
    if vectors:
        vectors.parent.mkdir(exist_ok=True)
        vectors.unlink(missing_ok=True)
    before = machine_load.idle_share(seconds=1)
    watch = machine_load.Watch()
    measured, reason = time_side(side, files[side.part], work / "check.txt", vectors)
    during = watch.share()
    results["load"].append({"name": side.name, "repeat": repeat, "before": before, "during": during})
    for moment, share in (("before", before), ("during", during)):
        if share is not None and share > machine_load.BUSY:
            print(f"warning: others used {share:.0%} of the machine {moment} this run", file=sys.stderr, flush=True)
    if reason:
        results["skipped"][side.name] = reason if repeat == 1 else f"turn {repeat} and later: {reason}"
        print(f"failed: {reason}", file=sys.stderr, flush=True)
        return
    entry = results["entries"][side.name]
    for workload, row in zip(report.WORKLOADS, measured):
        row["tokens_per_second"] = results["tokens"][str(side.part)][workload] / row["seconds"]
        entry["precision"] = row.get("precision") or entry["precision"]
        entry["rows"].setdefault(workload, []).append(row)
    if vectors:
        entry["vectors"] = str(vectors)


def measure_limit(options, files):
    """work load -> tokens per second of the multiplications alone, now."""
    printed, reason = peers.run([str(options.limit), str(options.checkpoint), *map(str, files.values())])
    if reason:
        raise SystemExit(f"{options.limit}: {reason}")
    rows = [json.loads(line) for line in printed.splitlines()]
    return {"peak_gflops": rows[0]["peak_gflops"], "kernels": rows[0]["kernels"],
            **{workload: row["tokens_per_second"] for workload, row in zip(files, rows)}}


def judge(results):
    """Cosines of all vectors that are there to the best reference that is there."""
    found = {}
    for name, entry in results["entries"].items():
        if "vectors" in entry:
            found[name], reason = quality.read_vectors(pathlib.Path(entry["vectors"]), results["check_texts"])
            if reason:
                results["skipped"][f"{name}, quality"] = reason
    reference = next((name for name in REFERENCES if found.get(name)), None)
    if reference is None:
        return
    results["reference"] = f"{reference}, fp32" + (" (sentence-transformers is not there)" if reference == "vetor" else "")
    results["quality"] = {name: quality.compare(vectors, found[reference]) for name, vectors in found.items() if vectors}


def save(results, path):
    """Whole or not at all."""
    if path:
        scratch = path.with_suffix(".part")
        scratch.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        scratch.replace(path)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def facts(options):
    return {"date": datetime.date.today().isoformat(), "model": options.model.name, "scale": options.scale,
            "repeats": options.repeats, "repeats_done": 0, "skipped": {}, "load": [], "quality": {},
            "reference": "nothing", "entries": {},
            "machine": {"cores": os.cpu_count(), "processor": processor(), "python": platform.python_version(),
                        "system": f"{platform.system()} {platform.release().split('-')[0]}"}}


def measure(options):
    results = facts(options)
    parts = {1} | {config.part for peer in peers.PEERS for config in peer.configs}
    files, results["texts"], results["check_texts"] = write_texts(options, sorted(parts))
    results["tokens"] = {str(part): {name: count_tokens(options.command, str(options.model), str(path))
                                     for name, path in by.items()} for part, by in files.items()}
    sides = vetor_sides(options) + peer_sides(options, results["skipped"])
    results["entries"] = {side.name: {"precision": side.precision, "part": side.part, "rows": {}} for side in sides}
    for repeat in range(1, options.repeats + 1):
        if options.limit:
            results.setdefault("limit", []).append(measure_limit(options, files[1]))
        for side in sides:
            if side.name not in results["skipped"]:
                print(f"{repeat} of {options.repeats}: {side.name}", file=sys.stderr, flush=True)
                take_turn(side, repeat, files, results, options.work_dir)
                save(results, options.json)
        if repeat == 1:
            judge(results)
        results["repeats_done"] = repeat
        save(results, options.json)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default="build-bench")
    parser.add_argument("--command", default="build/vetor")
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--peers-dir", type=pathlib.Path, default=".deps")
    parser.add_argument("--work-dir", type=pathlib.Path, default=".cache/peers")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--configs", nargs="*")
    parser.add_argument("--limit", type=pathlib.Path)
    parser.add_argument("--checkpoint", type=pathlib.Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path)
    parser.add_argument("--from-json", type=pathlib.Path)
    options = parser.parse_args()
    if options.from_json:
        results = json.loads(options.from_json.read_text(encoding="utf-8"))
        if not results["quality"]:  # Cut off in the first turn.
            judge(results)
    elif options.model:
        if options.limit and not options.checkpoint:
            parser.error("--limit needs --checkpoint, whose multiplications are counted")
        options.work_dir = options.work_dir.resolve()
        results = measure(options)
    else:
        parser.error("--model or --from-json is needed")
    text = report.page(results)
    print(text)
    if options.docs:
        write_section(options.docs, BEGIN, END, text)


if __name__ == "__main__":
    main()
