"""`vetor serve` as a process of its own: started on a free port, read until it is ready, ended by SIGTERM."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

START_SECONDS, STOP_SECONDS, ANSWER_SECONDS = 120, 60, 60
PAGE_BYTES = 4096


class ServeError(Exception):
    """The server did not become ready; the text has its messages."""


class ServeProcess:
    """A server from its "ready" until stop(). `prefix` goes before the command, such as `taskset -c 0`."""

    def __init__(self, vetor: Path, flags: Sequence[object], prefix: Sequence[str] = ()) -> None:
        command = [*prefix, str(vetor.resolve()), "serve", "--port", "0", *map(str, flags)]
        self.messages: list[str] = []
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace")
        self.port = self._read_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # Nobody else reads the pipe: a full one would stop the server.
        self.reader = threading.Thread(target=self._read_on, daemon=True)
        self.reader.start()

    def _read_port(self) -> int:
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stderr or ():
                self.messages.append(line)
                found = re.search(r"ready at http://[^ ]*:(\d+)", line)
                if found:
                    return int(found.group(1))
        finally:
            watchdog.cancel()
        self.process.kill()
        self.process.wait()
        raise ServeError(f"vetor serve was not ready within {START_SECONDS} s: {''.join(self.messages).strip()}")

    def _read_on(self) -> None:
        for line in self.process.stderr or ():
            self.messages.append(line)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
        """Status, header fields (lower case) and body of one answer, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body is not None else {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """The sum of a metric over all its labels; 0 if it is not there."""
        _, _, text = self.ask("GET", "/metrics")
        lines = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text.decode(), re.MULTILINE)
        return sum(map(float, lines))

    def resident_bytes(self) -> int:
        """Memory of the process, from /proc: it does not ask the server."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES

    def processor_seconds(self) -> float:
        """Processor time that it took, of all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> int:
        """Ends it with SIGTERM; returns its exit code, which is -9 if it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.reader.join()
        return code
