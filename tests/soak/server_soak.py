#!/usr/bin/env python3
"""Keeps one `vetor serve` busy with right and wrong requests and clients that leave; answers must be right, memory flat.

    server_soak.py --vetor build/vetor [--model models/all-MiniLM-L6-v2] [--seconds 1800] [--threads 8] [--seed 1]

Ends with exit code 0 if every vector equals the one that the server gave for that text at the start, every wrong request was
answered with a status of its own, resident memory grew by at most 5 % after warm-up (row 37 of docs/faults.md), and SIGTERM
ended the server with exit code 0.
"""

from __future__ import annotations

import argparse
import collections
import http.client
import json
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "server"))
from serve_process import ServeProcess  # noqa: E402

TEXTS = [f"race {i} in Monaco " + "qualifying " * (i % 23) for i in range(400)] + ["", "GP de São Paulo", "日本グランプリ"]
MAX_GROWTH = 0.05
WARM_SHARE, JUDGED_SHARE = 0.25, 0.25
SAMPLE_SECONDS = 1.0
# Small tiers and a short queue, so that vectors leave the cache and requests are refused.
FLAGS = ("--cache-memory-mb", "1", "--cache-max-mb", "4", "--queue-tokens", "4096", "--max-connections", "64")
WRONG = {  # What is sent: the statuses that answer it.
    b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n": (404,),
    b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n": (405,),
    b"GET / HTTP/1.1\r\n\r\n": (400,),
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n": (403,),
    b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n": (400,),
    b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n": (413,),
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n": (431,),
    b"\x16\x03\x01\x02\x00\x01\xfc\x03\x03": (400,),
}
WRONG_BODIES = (b"", b"{", b"[]", b'{"input": 7}', b'{"input": ["\xff"]}', b'{"input": [1, 2]}', b'{"input": []}',
                b"[" * 100_000, b'{"input": "a", "dimensions": 100000}', b'{"input": "a", "model": "none"}')


class Client:
    """What one thread does; each action returns its name for the counts."""

    def __init__(self, soak: Soak, seed: int) -> None:
        self.soak, self.chance = soak, random.Random(seed)
        self.connection = http.client.HTTPConnection("127.0.0.1", soak.server.port, timeout=120)

    def post(self, path: str, body: bytes, **fields: str) -> tuple[int, bytes]:
        """On the connection that is kept; on a new one if the server closed it while it was idle."""
        for attempt in (1, 2):
            try:
                self.connection.request("POST", path, body, {"Content-Type": "application/json", **fields})
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                if attempt == 2:
                    raise
        raise AssertionError("not reached")

    def embed(self) -> str:
        rows = [self.chance.randrange(len(TEXTS)) for _ in range(self.chance.choice([1, 1, 4, 16, 60]))]
        body = json.dumps({"input": [TEXTS[row] for row in rows], "encoding_format": "base64"}).encode()
        status, answer = self.post("/v1/embeddings", body)
        if status == 429:
            return "refused"
        found = [item["embedding"] for item in json.loads(answer)["data"]] if status == 200 else []
        if found != [self.soak.expected[row] for row in rows]:
            self.soak.say_wrong(f"{len(rows)} texts, {status}: another answer than at the start")
        return "embedded"

    def embed_new(self) -> str:
        """A text that nobody sent before: the cache fills and drops others."""
        text = f"lap {self.chance.getrandbits(60)}"
        fields = {"Accept": "application/octet-stream"} if self.chance.random() < 0.5 else {}
        status, answer = self.post("/embed", json.dumps({"inputs": text}).encode(), **fields)
        if status not in (200, 429) or not answer:
            self.soak.say_wrong(f"a new text: {status} {answer[:200]!r}")
        return "new text" if status == 200 else "refused"

    def wrong_body(self) -> str:
        body = self.chance.choice(WRONG_BODIES)
        status, answer = self.post("/v1/embeddings", body)
        if status not in (400, 404, 413, 422) or "error" not in json.loads(answer):
            self.soak.say_wrong(f"body {body[:40]!r}: {status} {answer[:200]!r}")
        return "wrong body"

    def wrong_request(self) -> str:
        request, statuses = self.chance.choice(list(WRONG.items()))
        with socket.create_connection(("127.0.0.1", self.soak.server.port), timeout=60) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            head = connection.makefile("rb").readline()
        status = int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else 0
        if status not in statuses:
            self.soak.say_wrong(f"{request[:60]!r}: {head!r}, expected {statuses}")
        return "wrong request"

    def leave(self) -> str:
        """In the middle of the request, or before the answer, which then is large."""
        body = json.dumps({"input": TEXTS[: self.chance.choice([1, 100])]}).encode()
        head = b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        sent = head % len(body) + body
        with socket.create_connection(("127.0.0.1", self.soak.server.port), timeout=60) as connection:
            connection.sendall(sent if self.chance.random() < 0.5 else sent[: self.chance.randrange(len(sent))])
        return "left"

    def look(self) -> str:
        path = self.chance.choice(["/live", "/ready", "/health", "/metrics", "/openapi.json", "/v1/models", "/api/tags", "/"])
        status, _, body = self.soak.server.ask("GET", path)
        if status != 200 or not body:
            self.soak.say_wrong(f"{path}: {status} {body[:200]!r}")
        return "look"

    def run(self) -> None:
        actions = (self.embed, self.embed, self.embed, self.embed_new, self.embed_new, self.wrong_body, self.wrong_request,
                   self.leave, self.look)
        while not self.soak.ended.is_set():
            action = self.chance.choice(actions)
            try:
                self.soak.count(action())
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self.soak.say_wrong(f"{action.__name__}: {type(error).__name__}: {error}")
                self.connection.close()
        self.connection.close()


class Soak:
    """The server, what its clients counted, and what went wrong."""

    def __init__(self, server: ServeProcess) -> None:
        self.server = server
        self.lock = threading.Lock()
        self.counts: collections.Counter[str] = collections.Counter()
        self.wrong: collections.Counter[str] = collections.Counter()
        self.ended = threading.Event()
        self.resident: list[int] = []
        self.expected = [self.first_answer(text) for text in TEXTS]

    def first_answer(self, text: str) -> str:
        asked = json.dumps({"input": text, "encoding_format": "base64"}).encode()
        status, _, body = self.server.ask("POST", "/v1/embeddings", asked)
        if status != 200:
            raise SystemExit(f"the first request was answered with {status}: {body.decode()}")
        return str(json.loads(body)["data"][0]["embedding"])

    def count(self, name: str) -> None:
        with self.lock:
            self.counts[name] += 1

    def say_wrong(self, what: str) -> None:
        with self.lock:
            self.wrong[what] += 1

    def run(self, seconds: float, threads: int, seed: int) -> None:
        clients = [threading.Thread(target=Client(self, seed + number).run) for number in range(threads)]
        for client in clients:
            client.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.server.process.poll() is None:
            self.resident.append(self.server.resident_bytes())
            self.ended.wait(SAMPLE_SECONDS)
        self.ended.set()
        for client in clients:
            client.join()

    def growth(self) -> float:
        """The last part of the samples over the first one after warm-up; medians, because answers come and go."""
        samples = self.resident[int(len(self.resident) * WARM_SHARE):]
        part = max(1, int(len(samples) * JUDGED_SHARE))
        return statistics.median(samples[-part:]) / statistics.median(samples[:part]) - 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vetor", type=Path, default=Path("build/vetor"))
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "all-MiniLM-L6-v2")
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vetor-soak-") as folder:
        server = ServeProcess(options.vetor, ["--model", options.model, "--fallback", "error", "--cache-dir", folder, *FLAGS])
        try:
            soak = Soak(server)
            soak.run(options.seconds, options.threads, options.seed)
        finally:
            code = server.stop()
    growth = soak.growth()
    print(f"{sum(soak.counts.values()):,} requests: {dict(sorted(soak.counts.items()))}")
    print(f"resident memory: {soak.resident[0] / 2**20:.0f} MB at the start, {soak.resident[-1] / 2**20:.0f} MB at the end, "
          f"{growth:+.1%} after warm-up; exit code {code}")
    for what, times in soak.wrong.most_common(20):
        print(f"WRONG ({times} times): {what}")
    if growth > MAX_GROWTH:
        print(f"WRONG: resident memory grew by {growth:.1%}, expected at most {MAX_GROWTH:.0%}")
    return 0 if not soak.wrong and growth <= MAX_GROWTH and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
