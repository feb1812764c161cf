#!/usr/bin/env python3
"""Measures `vetor serve` beside the same texts in process and writes the table of docs/benchmarks.md.

usage: run_serve.py --vetor build/vetor --build build-bench --model models/all-MiniLM-L6-v2 [--seconds 8] [--repeats 3]
                    [--scale 4] [--work-dir .cache/serve] [--infinity PYTHON] [--json F] [--docs docs/benchmarks.md]
       run_serve.py --from-json F [--docs docs/benchmarks.md]

Needs wrk and taskset, two cores at least, and the programs embed_throughput and write_workloads of the build. The server
listens on a free port of 127.0.0.1 and caches nothing, except in the loads with one cached text. In process is one call with
all texts; the server gets each of them once as well. Both take turns. The other loads take --seconds. --infinity is the Python
of an environment that has infinity's server, which then gets the same requests.
"""

from __future__ import annotations

import argparse
import datetime
import http.client
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import infinity_server
import wanted
from wrk_load import WARM_SECONDS, Load, ServeProcess, Server, run_load, run_once, run_times

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import machine_load  # noqa: E402
from page_section import write_section  # noqa: E402

BEGIN, END = "<!-- serve: written by make bench-serve -->", "<!-- serve: end -->"
# So little that a load of four times the capacity meets the bound at once, and enough for full batches.
OVERLOAD_QUEUE_TOKENS, OVERLOAD_CONNECTIONS, OVERLOAD_TIMES = 8192, 512, 4
# So many texts that a full queue has no room for them.
PROBERS, PROBE_TEXTS, PROBE_PAUSE_SECONDS = 2, 64, 0.02
Found = TypeVar("Found")


class Bench:
    """One run: its options and what it found so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.texts = options.work_dir / "mixed.txt"
        self.results: dict = {"date": datetime.date.today().isoformat(), "model": options.model.name, "load": [],
                              "seconds": options.seconds, "repeats": options.repeats, "machine": machine()}

    def watched(self, name: str, repeat: int, server: Server | None, measure: Callable[[], Found]) -> Found:
        """Calls `measure` and notes what others used of the machine before it and beside it."""
        print(f"{name}, turn {repeat}", file=sys.stderr, flush=True)
        beside = server.processor_seconds if server else None  # A server may still be busy with the load before.
        before = machine_load.idle_share(seconds=0.5, beside=beside)
        watch = machine_load.Watch(beside=beside)
        found = measure()
        self.results["load"].append({"name": name, "repeat": repeat, "before": before, "during": watch.share()})
        return found

    def serve(self, *flags: object, prefix: tuple[str, ...] = ()) -> ServeProcess:
        return ServeProcess(self.options.vetor, ["--model", self.options.model, "--fallback", "error", *flags], prefix)

    def load(self, name: str, repeat: int, server: ServeProcess, load: Load) -> dict:
        return self.watched(name, repeat, server, lambda: run_load(server, load, self.options.seconds))

    def once(self, name: str, repeat: int, server: Server, load: Load) -> dict:
        return self.watched(name, repeat, server, lambda: run_once(server, load, self.results["texts"]["tokens"]))

    def in_process(self, precision: str) -> dict:
        program = self.options.build / "bench/throughput/embed_throughput"
        run = subprocess.run([program, self.options.model, self.texts, f"--precision={precision}"], check=True, text=True,
                             stdout=subprocess.PIPE)
        return json.loads(run.stdout.splitlines()[-1])

    def write_texts(self) -> None:
        self.options.work_dir.mkdir(parents=True, exist_ok=True)
        writer = self.options.build / "bench/peers/write_workloads"
        subprocess.run([writer, self.options.work_dir, str(self.options.scale)], check=True)
        lines = self.texts.read_text(encoding="utf-8").splitlines()
        distinct = list(dict.fromkeys(lines))
        self.texts.write_text("\n".join(distinct) + "\n", encoding="utf-8")
        (self.options.work_dir / "one.txt").write_text(min(distinct, key=len) + "\n", encoding="utf-8")
        self.results["texts"] = {"count": len(distinct)}

    def measure_rates(self, precision: str) -> list[dict]:
        turns = []
        server = self.serve("--no-cache", "--precision", precision)
        try:
            for repeat in range(1, self.options.repeats + 1):
                row = self.watched(f"{precision}, in process", repeat, server, lambda: self.in_process(precision))
                self.results["texts"]["tokens"] = row["tokens"]
                turns.append({
                    "in_process": row["tokens_per_second"],
                    "single": self.once(f"{precision}, one text", repeat, server, Load(self.texts, 32, mode="once")),
                    "many": self.once(f"{precision}, 32 texts", repeat, server, Load(self.texts, 8, 32, mode="once"))})
        finally:
            server.stop()
        return turns

    def measure_infinity(self, python: pathlib.Path) -> dict:
        server = infinity_server.InfinityServer(python, self.options.model, self.options.work_dir)
        try:
            turns = [{"single": self.once("infinity, one text", repeat, server, Load(self.texts, 32, mode="once")),
                      "many": self.once("infinity, 32 texts", repeat, server, Load(self.texts, 8, 32, mode="once"))}
                     for repeat in range(1, self.options.repeats + 1)]
            alone = self.watched("infinity, 1 client", 1, server,
                                 lambda: run_times(server, Load(self.texts, 1), self.options.seconds))
            return {"version": infinity_server.version(python), "turns": turns, "alone": alone}
        finally:
            server.stop()

    def measure_latency(self) -> dict[str, dict]:
        server = self.serve("--no-cache")
        try:
            return {str(clients): self.load(f"clients: {clients}", 1, server, Load(self.texts, clients))
                    for clients in wanted.CLIENTS}
        finally:
            server.stop()

    def measure_overload(self) -> dict:
        server = self.serve("--no-cache", "--queue-tokens", OVERLOAD_QUEUE_TOKENS)
        try:
            calm = [self.load("the capacity", 1, server, Load(self.texts, clients)) for clients in (32, 64)]
            rate = OVERLOAD_TIMES * max(row["requests_per_second"] for row in calm)
            best = max(row["tokens_per_second"] for row in calm)
            # One request in OVERLOAD_TIMES is accepted and waits for those before it.
            waits = OVERLOAD_QUEUE_TOKENS / best / OVERLOAD_TIMES
            delay_ms = max(1, round((OVERLOAD_CONNECTIONS / rate - waits) * 1000))
            prober = RefusalProber(server, self.texts, WARM_SECONDS, self.options.seconds)
            overloaded = self.load("overload", 1, server, Load(self.texts, OVERLOAD_CONNECTIONS, mode=str(delay_ms)))
            return {"best": best, "overloaded": overloaded, "refusal": prober.result(),
                    "times": overloaded["requests_per_second"] / rate * OVERLOAD_TIMES}
        finally:
            server.stop()

    def measure_cached(self) -> dict:
        one = self.options.work_dir / "one.txt"
        server = self.serve("--cache-dir", "")
        try:
            found = {"one": self.load("one cached text", 1, server, Load(one, 1)),
                     "one_base64": self.load("one cached text, base64", 1, server, Load(one, 1, encoding="base64"))}
        finally:
            server.stop()
        server = self.serve("--cache-dir", "", prefix=("taskset", "-c", "0"))
        try:
            load = Load(one, 16, encoding="base64", prefix=("taskset", "-c", "1"))
            return {**found, "sixteen": self.load("cached base64", 1, server, load)}
        finally:
            server.stop()

    def run(self) -> dict:
        self.write_texts()
        int8 = (self.options.model / "model_quantized.onnx").exists()
        self.results["rates"] = {precision: self.measure_rates(precision) for precision in ("fp32", *(["int8"] * int8))}
        if self.options.infinity:
            self.results["infinity"] = self.measure_infinity(self.options.infinity)
        self.results["latency"] = self.measure_latency()
        self.results["overload"] = self.measure_overload()
        self.results["cached"] = self.measure_cached()
        return self.results


class RefusalProber:
    """Clients beside wrk, which cannot tell the time of a refusal from that of an answer: they ask from `after` seconds on,
    for `seconds`, and keep the times of their refusals."""

    def __init__(self, server: ServeProcess, texts: pathlib.Path, after: float, seconds: float) -> None:
        self.port, self.begin, self.end = server.port, time.monotonic() + after, time.monotonic() + after + seconds
        self.lines = texts.read_text(encoding="utf-8").splitlines()
        self.refusals_ms: list[float] = []
        self.threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(PROBERS)]
        for thread in self.threads:
            thread.start()

    def _ask(self, number: int) -> None:
        time.sleep(max(0.0, self.begin - time.monotonic()))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while time.monotonic() < self.end:
            number += PROBERS
            start = number * PROBE_TEXTS % (len(self.lines) - PROBE_TEXTS)
            body = json.dumps({"input": self.lines[start:start + PROBE_TEXTS]})
            begin = time.perf_counter()
            connection.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 429:
                self.refusals_ms.append((time.perf_counter() - begin) * 1e3)
            time.sleep(PROBE_PAUSE_SECONDS)
        connection.close()

    def result(self) -> dict:
        for thread in self.threads:
            thread.join()
        times = sorted(self.refusals_ms)
        if not times:
            return {"count": 0, "p50_ms": 0.0, "p99_ms": 0.0}
        return {"count": len(times), "p50_ms": times[len(times) // 2], "p99_ms": times[len(times) * 99 // 100]}


def machine() -> dict:
    names = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
             if line.startswith("model name")]
    return {"cores": os.cpu_count(), "processor": names[0] if names else platform.machine(),
            "system": f"{platform.system()} {platform.release().split('-')[0]}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vetor", type=pathlib.Path, default="build/vetor")
    parser.add_argument("--build", type=pathlib.Path, default="build-bench")
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=8, help="length of each load, without its warm-up")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scale", type=int, default=4, help="size of the work load")
    parser.add_argument("--work-dir", type=pathlib.Path, default=".cache/serve")
    parser.add_argument("--infinity", type=pathlib.Path, metavar="PYTHON")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path)
    parser.add_argument("--from-json", type=pathlib.Path)
    options = parser.parse_args()
    if options.from_json:
        results = json.loads(options.from_json.read_text(encoding="utf-8"))
    elif options.model:
        missing = [program for program in ("wrk", "taskset") if shutil.which(program) is None]
        if missing:
            raise SystemExit(f"not installed: {', '.join(missing)} (tools/setup.sh bench)")
        results = Bench(options).run()
        if options.json:
            options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    else:
        parser.error("--model or --from-json is needed")
    text = wanted.page(results)
    print(text)
    if options.docs:
        write_section(options.docs, BEGIN, END, text)


if __name__ == "__main__":
    main()
