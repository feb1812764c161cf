"""Tests the service beside the rest of a Python program: threads, Ctrl-C, fork, spawn, logging."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soak
import vetor
from conftest import TINY
from vetor import EmbeddingsConfig, EmbeddingsService


def run(program: str, *, expect: int = 0) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def test_eight_threads_give_what_one_gives_and_memory_stays(tmp_path: Path, runtime: str) -> None:
    result = soak.soak(TINY, tmp_path, threads=8, rounds=3, calls=40, runtime=runtime)
    assert result.wrong == 0 and result.calls == 3 * 8 * 40
    assert result.grown_mb < 16, f"{result.grown_mb:.1f} MB more after the last round than after the first"


def test_the_gil_is_free_while_a_long_call_runs(tiny: EmbeddingsService) -> None:
    started, stop, turns = threading.Event(), threading.Event(), [0]

    def count() -> None:
        started.set()
        while not stop.is_set():
            turns[0] += 1

    counter = threading.Thread(target=count)
    counter.start()
    started.wait()
    before = turns[0]
    tiny.embed([f"race {i} in Monaco" for i in range(3000)])
    during = turns[0] - before
    stop.set()
    counter.join()
    assert during > 1000


INTERRUPTED = f"""
import os, signal, sys, threading, vetor
from vetor import EmbeddingsConfig, EmbeddingsService
service = EmbeddingsService(EmbeddingsConfig.for_model({str(TINY)!r}, cache_enabled=False))
texts = [f"race {{i}} in Monaco " * 40 for i in range(200000)]
begun = threading.Event()
def progress(done, total):
    if done and not begun.is_set():
        begun.set()
        os.kill(os.getpid(), signal.SIGINT)
try:
    service.embed(texts, progress=progress)
except KeyboardInterrupt:
    print("interrupted", service.metrics["computed_texts"] < len(texts), len(service.embed(["after"])))
"""


def test_ctrl_c_ends_a_long_call_and_the_service_lives_on() -> None:
    assert run(INTERRUPTED).stdout.split() == ["interrupted", "True", "1"]


def test_ctrl_c_ends_dedupe() -> None:
    # 200,000 rows would take minutes. Python threads take turns only when the GIL is given up (the interval is hours), which
    # the main thread does for the first time after `ready` while it waits for the comparison.
    program = """
import numpy as np, os, signal, sys, threading, vetor
rows = np.ones((200000, 256), dtype=np.float32) / 16
main, ready = threading.get_ident(), threading.Event()
def interrupt():
    ready.wait()
    print(sys._current_frames()[main].f_code.co_name)
    os.kill(os.getpid(), signal.SIGINT)
thread = threading.Thread(target=interrupt, daemon=True)
thread.start()
sys.setswitchinterval(4000)
try:
    ready.set()
    vetor.dedupe(rows, 2.0)
    print("ended")
except KeyboardInterrupt:
    print("interrupted")
"""
    assert run(program).stdout.split() == ["dedupe", "interrupted"]


def test_a_signal_handler_that_does_not_raise_lets_the_call_go_on(tiny: EmbeddingsService) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    try:
        sent = threading.Event()

        def progress(done: int, total: int) -> None:
            if not sent.is_set():
                sent.set()
                os.kill(os.getpid(), signal.SIGUSR1)

        assert len(tiny.embed([f"race {i}" for i in range(500)], progress=progress)) == 500
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [signal.SIGUSR1]


def test_row_34_a_forked_child_gets_a_clear_error_and_ends_well() -> None:
    program = f"""
import os, sys, vetor
from vetor import EmbeddingsConfig, EmbeddingsService
service = EmbeddingsService(EmbeddingsConfig.for_model({str(TINY)!r}, cache_enabled=False))
service.encode("race")
child = os.fork()
if child == 0:
    try:
        service.encode("race")
    except vetor.FailedPrecondition as error:
        assert "fork" in str(error) and "spawn" in str(error)
        with EmbeddingsService(service.config) as own:
            own.encode("race")
        service.close()
        sys.exit(7)
    sys.exit(1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(service.encode("race")))
"""
    code, dim = run(program).stdout.split()
    assert code == "7" and int(dim) > 0


def _embed_in_child(service: EmbeddingsService) -> "list[float]":
    vector: list[float] = service.encode("race").tolist()
    return vector


def test_spawn_works(tiny: EmbeddingsService) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        np.testing.assert_array_equal(pool.apply(_embed_in_child, (tiny,)), tiny.encode("race"))


def test_close_in_one_thread_while_others_call(tmp_path: Path) -> None:
    service = EmbeddingsService(EmbeddingsConfig.for_model(TINY, cache_dir=tmp_path))
    barrier = threading.Barrier(5)

    def call(worker: int) -> bool:
        barrier.wait()
        try:
            for i in range(200):
                service.encode(f"race {worker} {i}")
        except vetor.FailedPrecondition:
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(call, worker) for worker in range(4)]
        barrier.wait()
        service.close()
        assert all(call.result() in (True, False) for call in calls)
    assert service.closed


def test_log_lines_go_to_python_s_logging(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "vetor"):
        with EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path)), EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path)):
            pass
    assert any(r.name == "vetor" and r.levelname == "WARNING" and "read-only" in r.message for r in caplog.records)


def test_a_program_that_ends_with_an_open_service_is_quiet_and_keeps_its_vectors(tmp_path: Path) -> None:
    program = f"""
import vetor
service = vetor.EmbeddingsService(vetor.EmbeddingsConfig(cache_dir={str(tmp_path)!r}))
service.encode("race")
"""
    done = run(program)
    assert done.stderr == "" and done.stdout == ""
    with EmbeddingsService(EmbeddingsConfig(cache_dir=tmp_path)) as later:
        assert later.embed(["race"]).cached_rows == 1


def test_close_beside_a_call_neither_ends_nor_waits_for_it() -> None:
    service = EmbeddingsService(EmbeddingsConfig(cache_enabled=False))
    closed = threading.Event()

    def progress(done: int, total: int) -> None:
        if not closed.is_set():
            service.close()  # It would never return if it waited for this call.
            closed.set()

    assert len(service.embed([f"race {i}" for i in range(50000)], progress=progress)) == 50000
    assert closed.is_set() and service.closed
    with pytest.raises(vetor.FailedPrecondition):
        service.embed(["race"])


def test_progress_may_call_the_service() -> None:
    with EmbeddingsService(EmbeddingsConfig(cache_enabled=False)) as service:
        rows: list[int] = []
        service.embed([f"race {i}" for i in range(1000)], progress=lambda done, total: rows.append(len(service.embed(["x"]))))
        assert rows and set(rows) == {1}


def test_a_list_that_another_thread_clears_is_embedded_as_it_was() -> None:
    with EmbeddingsService(EmbeddingsConfig(cache_enabled=False)) as service:
        texts = [f"race {i}" for i in range(5000)]
        found = service.embed(texts, progress=lambda done, total: texts.clear())
        assert len(found) == 5000 and not texts
        np.testing.assert_array_equal(found.vectors[4999], service.embed(["race 4999"]).vectors[0])
