"""infinity's HTTP server on the same model and texts, for the rows that bench-serve has of another server.

It is installed as the peers are: `make bench-peers PEERS=infinity` or a virtual environment with
infinity-emb[server,torch,optimum]. Its ONNX engine is the faster of its engines on a CPU.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

# Imports, the optimisation of the graph and a warm-up.
START_SECONDS = 300
STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_folder(model: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """A copy of the model with its fp32 graph alone: infinity takes any graph with "quantized" in its name for the one to run,
    and finds the graph of a local folder only as "model.onnx" in the working folder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(model, folder, ignore=shutil.ignore_patterns("*.onnx"))
    shutil.copy(model / "model.onnx", folder / "model.onnx")
    return folder


class InfinityServer:
    """Runs from its making, which returns once it answers, until stop(). `python` is that of its environment."""

    def __init__(self, python: pathlib.Path, model: pathlib.Path, work: pathlib.Path) -> None:
        folder = make_folder(model, work / "infinity" / model.name)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0",
                                    "HF_HOME": str((work / "infinity" / "hub").resolve())}
        command = [python.absolute().parent / "infinity_emb", "v2", "--model-id", ".", "--engine", "optimum", "--device", "cpu",
                   "--no-bettertransformer", "--pooling-method", "mean", "--host", "127.0.0.1", "--port", str(port),
                   "--url-prefix", "/v1", "--log-level", "warning"]
        self.log = work / "infinity" / "log.txt"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self.process.kill()
            raise

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit(f"infinity ended with {self.process.returncode}: {self._last_lines()}")
            try:
                with urllib.request.urlopen(f"{self.url}/v1/models", timeout=5) as answer:
                    answer.read()
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        raise SystemExit(f"infinity did not answer within {START_SECONDS} s")

    def _last_lines(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]

    def processor_seconds(self) -> float:
        """Processor time that it took, of all its threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii", errors="replace")
        fields = fields.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def version(python: pathlib.Path) -> str:
    lines = "import importlib.metadata as m; print(m.version('infinity-emb'), m.version('onnxruntime'))"
    found = subprocess.run([python.absolute(), "-c", lines], check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    return f"infinity-emb {found[0]} with ONNX Runtime {found[1]}"
