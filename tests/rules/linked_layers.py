#!/usr/bin/env python3
"""Checks the layers as the linker sees them: a room's objects use symbols of the room itself, of base and of the rooms
that LAYERS names for it.

    linked_layers.py BUILD NM      check the objects of a build folder
    linked_layers.py --self-test   check that a use of a higher room is found

An include that is allowed may still lead to a function that is defined elsewhere; this finds it. Prints one line for each
symbol. Exit codes: 0 kept, 1 broken, 2 usage. Python 3.9, standard library.
"""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from house_rules import LAYERS


def broken(symbols):
    """`symbols`: room -> (names it defines, names it needs). Yields (room, name, where it is defined)."""
    homes = defaultdict(set)
    for room, (defined, _) in symbols.items():
        for name in defined:
            homes[name].add(room)
    for room, (_, needed) in symbols.items():
        for name in sorted(needed):
            if homes[name] and not homes[name] & {room, "base", *LAYERS[room]}:
                yield room, name, ", ".join(sorted(homes[name]))


def read_listing(listed):
    """(names defined, names needed) of what `nm --extern-only --format=posix` prints: `NAME TYPE [VALUE SIZE]`."""
    defined, needed = set(), set()
    for line in listed.splitlines():
        words = line.split()
        if len(words) >= 2 and "vetor" in words[0]:
            (needed if words[1] == "U" else defined).add(words[0])
    return defined, needed - defined


def read_symbols(objects, nm):
    """`objects`: room -> its object files; `nm`: the command that lists them. Exits if it finds nothing to check."""
    symbols = {}
    for room, files in objects.items():
        if not files:
            sys.exit(f"no objects of the room {room}: build first")
        listed = subprocess.run([*nm, "--extern-only", "--format=posix", *files], capture_output=True, text=True, check=True)
        symbols[room] = read_listing(listed.stdout)
        if not symbols[room][0]:
            sys.exit(f"{' '.join(nm)} lists no symbol that the room {room} defines, in {len(files)} objects")
    return symbols


def room_objects(build):
    found = {}
    for room in LAYERS:
        found[room] = sorted(map(str, Path(build, "src", "CMakeFiles", f"vetor_{room}.dir").rglob("*.o")))
        found[room] += sorted(map(str, Path(build, "src", room).rglob("*.o")))
    return found


def self_test():
    listings = {
        "head": "a.o:\n_ZN5vetor4HeadEv T 0 1f\n_ZN5vetor4OpenEv U\n_ZN5vetor3DotEv U\n_ZN5vetor4UtfEv U\nfree U\n"
                "_ZN5vetor4ReadEv U\n",
        "engine": "_ZN5vetor4OpenEv W 0 2a\n_ZN5vetor4HeadEv U\n", "kernels": "_ZN5vetor3DotEv V 0\n",
        "os": "_ZN5vetor4ReadEv T 0\n", "base": "_ZN5vetor4UtfEv T 0\n"}
    found = list(broken({room: read_listing(listed) for room, listed in listings.items()}))
    # os lies below kernels, which head may use, and yet head may not use os itself.
    kept = found == [("head", "_ZN5vetor4OpenEv", "engine"), ("head", "_ZN5vetor4ReadEv", "os")]
    if not kept:
        print(f"found {found}")
    # An nm that prints nothing, and a room without objects, prove nothing.
    for objects, nm in (({"head": ["a.o"]}, [sys.executable, "-c", ""]), ({"head": []}, [sys.executable, "-c", ""])):
        try:
            read_symbols(objects, nm)
            print("an empty listing was accepted")
            kept = False
        except SystemExit:
            pass
    return kept


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 0 if self_test() else 1
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    found = list(broken(read_symbols(room_objects(sys.argv[1]), [sys.argv[2]])))
    for room, name, home in found:
        print(f"{room} uses {name}, which {home} defines: not below it (LAYERS in house_rules.py)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
