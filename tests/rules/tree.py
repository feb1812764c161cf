"""The files of the project that the rules look at, as text."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SKIPPED_FOLDERS = {".git", ".deps", "models", "cache", "dist", ".cache", "__pycache__"}
MAX_BYTES = 2 << 20  # Larger files are data.


@dataclass(frozen=True)
class Violation:
    path: str
    line: int
    message: str


def file_names(root):
    """What git tracks or would track; without git (an unpacked archive) all but ignored folders."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return sorted(name for name in set(listed.stdout.split("\0")) if name)
    names = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith(("build", ".venv"))]
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
