"""Reads the files of the project that the rules look at, as text.

    tree.py --self-test    check which files an unpacked archive has, where git does not list them
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Only folders of the root, as in .gitignore: `src/cache` is a room.
SKIPPED_IN_ROOT = {".git", ".deps", "models", "cache", "dist", ".cache"}
MAX_BYTES = 2 << 20  # Larger files are data.


@dataclass(frozen=True)
class Violation:
    path: str
    line: int
    message: str


def is_skipped(folder_of_root):
    return folder_of_root in SKIPPED_IN_ROOT or folder_of_root.startswith(("build", ".venv"))


def file_names(root):
    """What git tracks or would track; without git (an unpacked archive) all but ignored folders."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return sorted(name for name in set(listed.stdout.split("\0")) if name)
    names = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f != "__pycache__" and not (Path(folder) == Path(root) and is_skipped(f))]
        names += [str(Path(folder, name).relative_to(root)) for name in files]
    return sorted(names)


def read_tree(root):
    """Path -> text of every text file."""
    tree = {}
    for name in file_names(root):
        path = Path(root, name)
        if not path.is_file() or path.is_symlink() or path.stat().st_size > MAX_BYTES:
            continue
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            tree[name] = data.decode("utf-8", errors="replace")
    return tree


def select(tree, folders=("",), endings=("",)):
    """(path, text) of the files below one of `folders` with one of `endings`."""
    for path, text in tree.items():
        if path.startswith(tuple(folders)) and path.endswith(tuple(endings)):
            yield path, text


def self_test():
    """Folders are skipped only in the root."""
    kept = ["a.md", "src/cache/a.cc", "src/model/dist/b.h", "src/models/c.cc", "tests/build/d.cc"]
    with tempfile.TemporaryDirectory() as root:
        for name in kept + ["build/e.cc", "build-fuzz/e.cc", "cache/f.cc", "models/g.json", ".venv/h.py", "src/__pycache__/i.py"]:
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("text", encoding="utf-8")
        found = sorted(read_tree(root))
    if found != kept:
        print(f"found {found}, expected {kept}")
    return found == kept


if __name__ == "__main__":
    sys.exit(0 if sys.argv[1:] == ["--self-test"] and self_test() else 1)
