#!/usr/bin/env python3
"""Runs six processes on one cache folder, kills them, and damages, prunes, clears and deletes its files.

    python3 tests/soak/cache_soak.py --seconds 600 --build build

Needs the targets cache_soak_worker and vetor_command. Ends with exit code 0 if every vector that was served was right, no
process ended by itself, and every command beside them ended.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROCESSES = 6
COMMAND_SECONDS = 120
# stats and verify may meet damage (1) or no cache (1); prune and clear are refused while a process writes (1).
FINE = (0, 1)


class Soak:
    """One run: the processes, what was done to them, and what went wrong."""

    def __init__(self, folder: Path, build: Path, seed: int) -> None:
        self.cache = folder / "cache"
        self.lines = folder / "lines"
        self.worker = build / "tests" / "soak" / "cache_soak_worker"
        self.vetor = build / "vetor"
        self.random = random.Random(seed)
        self.done: collections.Counter[str] = collections.Counter()
        self.wrong: list[str] = []
        self.processes: list[subprocess.Popen[bytes]] = []

    def start_missing(self) -> None:
        while len(self.processes) < PROCESSES:
            max_mb = self.random.choice(["1", "1", "4", "64"])
            ttl_seconds = self.random.choice(["2", "30", "600000"])
            with self.lines.open("ab") as lines:
                self.processes.append(subprocess.Popen(
                    [self.worker, self.cache, str(self.random.getrandbits(31)), max_mb, ttl_seconds], stdout=lines))

    def kill_one(self) -> None:
        process = self.random.choice(self.processes)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.processes.remove(process)
        self.done["kill -9"] += 1

    def collect_ended(self) -> None:
        for process in list(self.processes):
            if process.poll() is not None:
                self.wrong.append(f"a process ended by itself with {process.returncode}")
                self.processes.remove(process)

    def run(self, action: str, *flags: str) -> None:
        command = [self.vetor, "cache", action, "--dir", self.cache, *flags]
        try:
            result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=COMMAND_SECONDS,
                                    check=False)
        except subprocess.TimeoutExpired:
            self.wrong.append(f"vetor cache {action} did not end")
            return
        self.done[f"{action}: {result.returncode}"] += 1
        said = result.stderr.decode(errors="replace")
        # After rm -rf a folder exists again before its database does.
        gone = result.returncode == 2 and "holds no cache" in said
        if result.returncode not in FINE and not gone:
            self.wrong.append(f"vetor cache {action}: {result.returncode} {said}")

    def flip(self) -> None:
        path = self.cache / self.random.choice(["vectors-2.db", "vectors-2.db-wal", "vectors-2.db"])
        try:
            with path.open("r+b") as file:
                size = os.fstat(file.fileno()).st_size
                for _ in range(self.random.choice([1, 5, 50]) if size else 0):
                    file.seek(self.random.randrange(size))
                    file.write(bytes([self.random.getrandbits(8)]))
        except OSError:
            return
        self.done["bytes changed in " + path.name] += 1

    def truncate(self) -> None:
        path = self.cache / "vectors-2.db"
        try:
            os.truncate(path, self.random.randrange(path.stat().st_size + 1))
        except OSError:
            return
        self.done["truncated"] += 1

    def disturb(self) -> None:
        chance = self.random.random()
        if chance < 0.05:
            self.run("stats")
        elif chance < 0.08:
            self.run("verify")
        elif chance < 0.11:
            self.run("prune", "--ttl-days", "0.001")
        elif chance < 0.13:
            self.run("clear")
        elif chance < 0.14:
            shutil.rmtree(self.cache, ignore_errors=True)
            self.done["rm -rf"] += 1
        elif chance < 0.19:
            self.flip()
        elif chance < 0.20:
            self.truncate()

    def served(self) -> tuple[int, int]:
        embedded = from_cache = 0
        for line in self.lines.read_text().splitlines():
            numbers = line.split()
            if len(numbers) == 2:  # The last line of a killed process may be half.
                embedded += int(numbers[0])
                from_cache += int(numbers[1])
        return embedded, from_cache


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vetor-soak-") as folder:
        soak = Soak(Path(folder), options.build, options.seed)
        end = time.monotonic() + options.seconds
        try:
            while time.monotonic() < end:
                soak.start_missing()
                time.sleep(soak.random.uniform(0.05, 1.0))
                soak.collect_ended()
                if soak.processes and soak.random.random() < 0.8:
                    soak.kill_one()
                soak.disturb()
            soak.collect_ended()
        finally:
            for process in soak.processes:
                process.kill()
                process.wait()
        embedded, from_cache = soak.served()
    print(f"{embedded} vectors compared, {from_cache} of them from the cache; {dict(sorted(soak.done.items()))}")
    for line in soak.wrong:
        print("WRONG:", line)
    if embedded == 0 or from_cache == 0:
        print("WRONG: nothing was served from the cache")
    return 0 if not soak.wrong and from_cache > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
