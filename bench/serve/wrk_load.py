"""Loads of wrk on a server, each a process of its own, and what the server counted meanwhile."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Protocol

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "server"))
from serve_process import ServeProcess  # noqa: E402

SCRIPT = pathlib.Path(__file__).resolve().parent / "load.lua"
# Before the window: queues fill, and threads and pages are warm.
WARM_SECONDS = 1.0
# By when every text was sent and answered once.
ONCE_SECONDS = 600


class Server(Protocol):
    """Where a load goes, and the processor time that a process took which still runs."""

    url: str

    def processor_seconds(self) -> float: ...


@dataclass(frozen=True)
class Load:
    """Connections that each send the next request when they have their answer. `mode`: see load.lua."""

    texts: pathlib.Path
    connections: int
    per_request: int = 1
    encoding: str = "float"
    mode: str = "on"
    prefix: tuple[str, ...] = ()

    def command(self, url: str, seconds: float) -> list[str]:
        return [*self.prefix, "wrk", "-t1", f"-c{self.connections}", f"-d{seconds:.0f}s", "--timeout", "60s", "-s", str(SCRIPT),
                url, "--", str(self.texts), self.encoding, str(self.per_request), self.mode]


def read_row(process: subprocess.Popen[str]) -> dict[str, float]:
    printed, _ = process.communicate()
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if process.returncode != 0 or not lines:
        raise SystemExit(f"wrk ended with {process.returncode} and without a result: {printed.strip()}")
    row = json.loads(lines[-1])
    if row["lost"]:
        raise SystemExit(f"{row['lost']} requests of wrk had no answer: {printed.strip()}")
    return {**row, "requests_per_second": row["requests"] / row["seconds"]}


def run_once(server: Server, load: Load, tokens: int) -> dict[str, float]:
    """All texts once; "tokens_per_second" from the first request to the last answer."""
    process = subprocess.Popen(load.command(server.url, ONCE_SECONDS), stdout=subprocess.PIPE, text=True)
    row = read_row(process)
    if row["refused"]:
        raise SystemExit(f"{row['refused']} of {row['requests']} requests were not answered with 200")
    return {**row, "tokens_per_second": tokens / row["seconds"]}


def run_times(server: Server, load: Load, seconds: float) -> dict[str, float]:
    """What wrk says of `seconds` after a warm-up of its own."""
    for length in (WARM_SECONDS, seconds):
        row = read_row(subprocess.Popen(load.command(server.url, length), stdout=subprocess.PIPE, text=True))
    return row


def run_load(server: ServeProcess, load: Load, seconds: float) -> dict[str, float]:
    """What wrk says of `seconds` and its warm-up, and "tokens_per_second": tokens that the server took to compute per second of
    a window after the warm-up, so that neither the first nor the last requests count."""
    process = subprocess.Popen(load.command(server.url, WARM_SECONDS + seconds), stdout=subprocess.PIPE, text=True)
    time.sleep(WARM_SECONDS)
    tokens, begin = server.metric("vetor_tokens_total"), time.perf_counter()
    time.sleep(max(0.5, seconds - 0.5))
    tokens, window = server.metric("vetor_tokens_total") - tokens, time.perf_counter() - begin
    return {**read_row(process), "tokens_per_second": tokens / window}
