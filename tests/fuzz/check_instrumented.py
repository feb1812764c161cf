#!/usr/bin/env python3
"""Every source of the library is compiled so that fuzzers see which of its branches they reach.

    check_instrumented.py SOURCE_FOLDER COMPILE_COMMANDS

Exit codes: 0 all are, 1 one is not. Python 3.9, standard library.
"""

import json
import sys
from pathlib import Path

FLAG = "-fsanitize=fuzzer-no-link"


def main():
    library = Path(sys.argv[1], "src")
    commands = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    sources = [entry for entry in commands if library in Path(entry["file"]).parents]
    blind = [entry["file"] for entry in sources if FLAG not in entry.get("command", "").split()]
    for name in blind:
        print(f"{name} is compiled without {FLAG}")
    if not sources:
        print(f"no source below {library} is in {sys.argv[2]}")
    return 1 if blind or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
