#!/usr/bin/env python3
"""Runs the `sh` blocks of a page, line by line, as a reader would who has built the tree.

Lines that begin with make are passed over (this test is run by one), and `build/vetor` means the command under test. A
line must end with exit code 0 and print something. Exit code 77: the page uses a model that is not fetched.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPPED = 77


def shell_lines(page):
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]
    return [line for line in lines if not re.match(r"make\b|git\b|#", line)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--command", type=Path, required=True)
    arguments = parser.parse_args()
    lines = shell_lines(arguments.page)
    if not lines:
        sys.exit(f"{arguments.page}: no example to run")
    for model in set(re.findall(r"models/[\w.\-]+", "\n".join(lines))):
        if not (ROOT / model).exists():
            print(f"{model} is not here: tools/fetch.py --list")
            return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "build").symlink_to(arguments.command.parent)
        Path(folder, "models").symlink_to(ROOT / "models")
        for line in lines:
            done = subprocess.run(["bash", "-c", "set -o pipefail; " + line], cwd=folder, capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0 or not done.stdout:
                sys.exit(f"{arguments.page.name}: {line}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
