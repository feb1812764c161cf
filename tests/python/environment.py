#!/usr/bin/env python3
"""The virtual environments of the Python tests, below the build folder.

    environment.py prepare FOLDER   everything in requirements.txt, once for each content of that file
    environment.py wheel FOLDER     builds the wheel of this checkout as `pip install .` would and installs it there
    environment.py fresh FOLDER     runs `make python` in a new environment, with that wheel, and embeds a text
    environment.py frameworks FOLDER  the frameworks' own tests (tests/frameworks) in an environment of theirs; exit code 77
                                    and one line in FOLDER/frameworks-skipped if their packages cannot be installed

pip gets its packages from wherever this machine's pip does. Python 3.10, standard library.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FRAMEWORKS = ROOT / "tests" / "frameworks"
SKIPPED = 77
# Torch and transformers must not be needed; the tiny model of the tests is in the checkout.
FIRST_VECTOR = """
import importlib.util, sys
import vetor
assert not importlib.util.find_spec("torch") and not importlib.util.find_spec("transformers")
with vetor.EmbeddingsService(vetor.EmbeddingsConfig.for_model(sys.argv[1], cache_enabled=False)) as service:
    vector = service.encode("race in Monaco")
    assert service.active_backend == "onnx" and vector.shape == (service.dim,), service
print("first vector:", service, vector[:3])
"""


def run(*command, **options):
    print("$", " ".join(map(str, command)), flush=True)
    subprocess.run([str(word) for word in command], check=True, **options)


def make(folder, stamp, *packages):
    """Makes a new environment with these packages, unless `stamp` says that it exists."""
    mark = folder / "made-of"
    if mark.is_file() and mark.read_text() == stamp:
        return
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True, symlinks=True)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
    mark.write_text(stamp)


def prepare(folder):
    make(folder / "venv", hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest(), "-r", REQUIREMENTS)


def wheel_of(folder):
    wheels = list((folder / "wheel").glob("vetor-*.whl"))
    if len(wheels) != 1:
        sys.exit(f"expected one wheel in {folder / 'wheel'}, found {len(wheels)}: run `environment.py wheel` first")
    return wheels[0]


def build_wheel(folder):
    """Builds the wheel as `pip install .` does: in pip's own isolated environment, with the package's own build type and
    flags."""
    shutil.rmtree(folder / "wheel", ignore_errors=True)
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--disable-pip-version-check", "-w", folder / "wheel", ROOT)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", "--disable-pip-version-check",
        wheel_of(folder))


def fresh(folder):
    """Runs `make python` in a new environment; the wheel stands for the checkout, which is built once."""
    shutil.rmtree(folder / "fresh", ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VETOR_")}
    made = subprocess.run(["make", "--no-print-directory", "python", f"VENV={folder / 'fresh'}",
                           f"PACKAGE={wheel_of(folder)}"], cwd=ROOT, env=environment, check=True, capture_output=True,
                          text=True)
    print(made.stdout)
    use = [line.strip() for line in made.stdout.splitlines() if line.startswith(("  source ", "  python "))]
    assert len(use) == 2, made.stdout
    run("bash", "-e", "-c", "\n".join(use), cwd=folder, env=environment)
    run(folder / "fresh" / "bin" / "python", "-c", FIRST_VECTOR, ROOT / "tests" / "data" / "model" / "tiny-bert", cwd=folder,
        env=environment)
    run(folder / "fresh" / "bin" / "vetor", "--version", cwd=folder, env=environment)


def frameworks(folder):
    """Runs the frameworks' tests. They use the wheel, not this checkout, and no network: vectors are made on this machine."""
    note = folder / "frameworks-skipped"
    note.unlink(missing_ok=True)
    needed = FRAMEWORKS / "requirements.txt"
    try:
        make(folder / "frameworks", hashlib.sha256(needed.read_bytes() + sys.version.encode()).hexdigest(), "-r", needed)
    except subprocess.CalledProcessError:
        note.write_text("check: the frameworks' own tests skipped: pip could not install tests/frameworks/requirements.txt\n")
        print(note.read_text())
        sys.exit(SKIPPED)
    python = folder / "frameworks" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", "--disable-pip-version-check",
        wheel_of(folder))
    run(python, "-B", "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-o",
        "asyncio_default_fixture_loop_scope=function", "--disable-socket", "--allow-unix-socket", FRAMEWORKS)


def main():
    tasks = {"prepare": prepare, "wheel": build_wheel, "fresh": fresh, "frameworks": frameworks}
    if len(sys.argv) != 3 or sys.argv[1] not in tasks:
        sys.exit(__doc__)
    folder = Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        tasks[sys.argv[1]](folder)
    except subprocess.CalledProcessError as error:
        sys.exit(f"exit code {error.returncode}")


if __name__ == "__main__":
    main()
