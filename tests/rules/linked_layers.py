#!/usr/bin/env python3
"""What the linker sees of the layers: a room's objects use symbols of the room itself and of the rooms below it alone.

    linked_layers.py BUILD NM      check the objects of a build folder
    linked_layers.py --self-test   check that a use of what lies above is found

An include that is allowed may still lead to a function that is defined elsewhere; this finds it. Prints one line for each
symbol. Exit codes: 0 kept, 1 broken, 2 usage. Python 3.9, standard library.
"""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from house_rules import LAYERS


def reachable(room):
    """The room, and all that lies below it: an inline function of a room below may call one of a room below that."""
    found = {room, "base"}
    for below in LAYERS[room]:
        found |= reachable(below)
    return found


def broken(symbols):
    """`symbols`: room -> (names it defines, names it needs). Yields (room, name, where it is defined)."""
    homes = defaultdict(set)
    for room, (defined, _) in symbols.items():
        for name in defined:
            homes[name].add(room)
    for room, (_, needed) in symbols.items():
        for name in sorted(needed):
            if homes[name] and not homes[name] & reachable(room):
                yield room, name, ", ".join(sorted(homes[name]))


def read_symbols(build, nm):
    symbols = {}
    for room in LAYERS:
        objects = sorted(map(str, Path(build, "src", "CMakeFiles", f"vetor_{room}.dir").rglob("*.o")))
        objects += sorted(map(str, Path(build, "src", room).rglob("*.o")))
        if not objects:
            sys.exit(f"no objects of the room {room} below {build}: build first")
        listed = subprocess.run([nm, "--extern-only", "--format=posix", *objects], capture_output=True, text=True, check=True)
        defined, needed = set(), set()
        for line in listed.stdout.splitlines():
            words = line.split()
            if len(words) >= 2 and "vetor" in words[0]:
                (needed if words[1] == "U" else defined).add(words[0])
        symbols[room] = (defined, needed - defined)
    return symbols


def self_test():
    symbols = {"head": (set(), {"_ZN5vetor4OpenEv", "_ZN5vetor3DotEv", "_ZN5vetor4ReadEv"}),
               "engine": ({"_ZN5vetor4OpenEv"}, set()), "kernels": ({"_ZN5vetor3DotEv"}, set()),
               "os": ({"_ZN5vetor4ReadEv"}, set())}
    return list(broken(symbols)) == [("head", "_ZN5vetor4OpenEv", "engine")]


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 0 if self_test() else 1
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    found = list(broken(read_symbols(sys.argv[1], sys.argv[2])))
    for room, name, home in found:
        print(f"{room} uses {name}, which {home} defines: not below it (LAYERS in house_rules.py)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
