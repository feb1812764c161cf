#!/usr/bin/env python3
"""Makes requests from the /openapi.json of a server without load, right and wrong ones, and judges every answer by it.

    check_schema.py --vetor build/vetor --python .deps/schema/bin/python [--examples 100] [--seed 1]

No answer may have a status of 500 or more, one that the document does not have, or a body that contradicts its schema; a
request that the document allows must be accepted, and one that it forbids must be refused. PYTHON is an interpreter with the
packages of requirements.txt. Ends with exit code 1 if an answer was wrong or the server did not end well.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "server"))
from serve_process import ServeProcess  # noqa: E402

MODEL = ROOT / "tests" / "data" / "model" / "tiny-bert"
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance", "positive_data_acceptance", "negative_data_rejection")


def command(python: Path, url: str, options: argparse.Namespace) -> list[str]:
    """With a seed and without a memory of earlier runs, so that the same line finds a failure again."""
    return [str(python.absolute().parent / "schemathesis"), "--no-color", "run", f"{url}/openapi.json", "--checks",
            ",".join(CHECKS), "--max-examples", str(options.examples), "--seed", str(options.seed), "--continue-on-failure",
            "--generation-database", "none", "--request-timeout", "60", "--warnings", "off"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vetor", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=100, help="requests per operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    server = ServeProcess(options.vetor, ["--model", f"tiny={MODEL}", "--no-cache"])
    try:
        with tempfile.TemporaryDirectory() as folder:  # It leaves what it found in the working folder.
            judged = subprocess.run(command(options.python, server.url, options), cwd=folder, check=False).returncode
    finally:
        code = server.stop()
    if code != 0:
        print(f"vetor serve ended with {code}, expected 0; its messages:\n{''.join(server.messages)}", file=sys.stderr)
    return 0 if judged == 0 and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
