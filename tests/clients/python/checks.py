"""What the programs of this folder have in common: each calls a running server through one client, and says of each call
whether the answer was right. The runner (run_clients.py) gives them VETOR_CLIENTS_CASE, a file with the server's address,
texts and their vectors as `vetor embed` gives them, and reads the lines that they print.
"""

import importlib.metadata
import json
import math
import os
import sys

TOLERANCE = 1e-5


class Case:
    """The server's address, and what it must answer."""

    def __init__(self):
        with open(os.environ["VETOR_CLIENTS_CASE"], encoding="utf-8") as file:
            case = json.load(file)
        self.url, self.model = case["url"], case["model"]
        self.texts, self.vectors = case["texts"], case["vectors"]
        self.query_vectors, self.passage_vectors = case["query_vectors"], case["passage_vectors"]


class Checks:
    """Prints one line of JSON per call; exit_code() is 1 if one of them was wrong."""

    def __init__(self, package):
        self.failed = False
        print(json.dumps({"version": importlib.metadata.version(package)}), flush=True)

    def check(self, call, answer):
        """Runs `answer`, which raises if the server's answer was wrong."""
        try:
            answer()
            why = ""
        except Exception as error:  # Whatever a client raises is a result.
            why = f"{type(error).__name__}: {error}"
            self.failed = True
        print(json.dumps({"call": call, "why": why}), flush=True)

    def exit_code(self):
        return 1 if self.failed else 0


def same_vectors(found, expected):
    """Raises unless both have the same rows, up to TOLERANCE."""
    found = [list(map(float, row)) for row in found]
    if [len(row) for row in found] != [len(row) for row in expected]:
        raise AssertionError(f"expected {len(expected)} rows of {len(expected[0])}, found rows of {[len(r) for r in found]}")
    for at, (row, right) in enumerate(zip(found, expected)):
        worst = max(abs(a - b) for a, b in zip(row, right))
        if not worst <= TOLERANCE:
            raise AssertionError(f"row {at} differs by {worst}")


def cosine(a, b):
    length = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b)) / length


def cut_to(vectors, dimensions):
    """Cut and scaled to length 1, as `dimensions` asks for."""
    rows = [row[:dimensions] for row in vectors]
    return [[x / math.sqrt(sum(y * y for y in row)) for x in row] for row in rows]


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def finish(checks):
    sys.exit(checks.exit_code())
