"""Nothing compiled for one instruction set may be linked in place of the same code for any processor.

A function that is inline or a template with external linkage is compiled into every object that uses it, and the linker
keeps one copy: if it is the one for AVX-512, the whole program needs AVX-512. So the objects of kernels/sets that are
compiled for an instruction set may define one symbol that others see, the function that returns the set.

usage: check_kernel_objects.py NM OBJECT...
"""

import re
import subprocess
import sys

OWN_OBJECT = re.compile(r"kernels/sets/\w+_set\.cc\.o$")
SEEN_BY_OTHERS = "TWVuBDR"  # Types of nm: strong and weak functions, weak objects, unique symbols, data.
THE_SET = re.compile(r"^vetor::\w+Set\(\)$")


def main(nm: str, objects: list[str]) -> int:
    checked = wrong = 0
    for path in objects:
        if not OWN_OBJECT.search(path) or path.endswith("kernel_set.cc.o"):
            continue
        checked += 1
        names = subprocess.run([nm, "--demangle", "--defined-only", path], check=True, capture_output=True, text=True)
        for line in names.stdout.splitlines():
            kind, name = line.split(" ", 2)[1:]
            if kind in SEEN_BY_OTHERS and not THE_SET.match(name):
                print(f"{path}: {name} ({kind}) may be linked into code for any processor")
                wrong += 1
    if checked < 1:
        print("no object of kernels/sets was named")
    return 1 if wrong or checked < 1 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
