"""One load of wrk on a server, as a process of its own, and what the server counted meanwhile."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "server"))
from serve_process import ServeProcess  # noqa: E402

SCRIPT = pathlib.Path(__file__).resolve().parent / "load.lua"
# Before the window: queues fill, and threads and pages are warm.
WARM_SECONDS = 1.0


@dataclass(frozen=True)
class Load:
    """Connections that each send the next request when they have their answer, or `delay_ms` after it."""

    texts: pathlib.Path
    connections: int
    per_request: int = 1
    encoding: str = "float"
    delay_ms: int = 0
    prefix: tuple[str, ...] = ()

    def command(self, url: str, seconds: float) -> list[str]:
        return [*self.prefix, "wrk", "-t1", f"-c{self.connections}", f"-d{seconds:.0f}s", "--timeout", "60s", "-s", str(SCRIPT),
                url, "--", str(self.texts), self.encoding, str(self.per_request), str(self.delay_ms)]


def run_load(server: ServeProcess, load: Load, seconds: float) -> dict[str, float]:
    """What wrk printed (load.lua), and "tokens_per_second": tokens that the model computed per second of a window inside the
    load, so that neither the first nor the last requests count."""
    process = subprocess.Popen(load.command(server.url, WARM_SECONDS + seconds), stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(WARM_SECONDS)
        tokens, begin = server.metric("vetor_tokens_total"), time.perf_counter()
        time.sleep(max(0.5, seconds - 0.5))
        tokens, window = server.metric("vetor_tokens_total") - tokens, time.perf_counter() - begin
    finally:
        printed, _ = process.communicate()
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if process.returncode != 0 or not lines:
        raise SystemExit(f"wrk ended with {process.returncode} and no result: {printed.strip()}")
    row = json.loads(lines[-1])
    if row["lost"]:
        raise SystemExit(f"{row['lost']:.0f} requests of wrk had no answer: {printed.strip()}")
    return {**row, "tokens_per_second": tokens / window, "requests_per_second": row["requests"] / row["seconds"]}
