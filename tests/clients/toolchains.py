"""The toolchains of the clients: which programs each needs, what it installs (pinned, below one folder), and the commands
that run its clients."""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


class PrepareError(Exception):
    """A toolchain's packages could not be installed or built; the text is what it said."""


class NotHereError(PrepareError):
    """This machine cannot have the packages: no package index answers, or its Python is too old."""


@dataclass(frozen=True)
class Client:
    """A program that calls the server through one client."""

    name: str
    command: tuple
    folder: Path = HERE


@dataclass(frozen=True)
class Toolchain:
    """`prepare(work)` installs and builds what the clients need and returns them. `named` ones run only if they are named."""

    name: str
    programs: tuple
    prepare: object
    named: bool = False

    def missing(self):
        """The first program that this machine lacks, or None."""
        return next((program for program in self.programs if shutil.which(program) is None), None)


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()
        told = [line for line in lines if "ERROR" in line][:8] or lines[-8:]
        raise PrepareError(f"{' '.join(map(str, command[:4]))} … ended with {done.returncode}:\n" + "\n".join(told))


def once(folder, sources, install):
    """Calls `install` unless it was done in `folder` for sources with the same bytes."""
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = folder / "installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    install()
    stamp.write_text(digest, encoding="utf-8")


def install_python(folder, requirements, *flags):
    """A virtual environment with what the file names; its Python. Raises NotHereError."""
    python = folder / "venv" / "bin" / "python"
    # The pip that is there installs into another environment as well, which takes half of the time.
    pip = [sys.executable, "-m", "pip", "--python", python]
    run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], folder)
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode != 0:
        run([sys.executable, "-m", "venv", folder / "venv"], folder)
        pip = [python, "-m", "pip"]
    try:
        run([*pip, "install", "--quiet", "--disable-pip-version-check", *flags, "--requirement", requirements], folder)
    except PrepareError as error:
        if "(from versions: none)" in str(error):
            raise NotHereError("no package index answers pip") from None
        raise
    return python


def prepare_openai(work):
    if sys.version_info < (3, 11):
        raise NotHereError(f"openai's client needs Python 3.11, found {sys.version_info.major}.{sys.version_info.minor}")
    folder, requirements = work / "openai", HERE / "python" / "openai.txt"
    flags = ("--no-compile", "--retries", "1", "--timeout", "10")  # Seconds count here.
    once(folder, [requirements], lambda: install_python(folder, requirements, *flags))
    return [Client("openai", (folder / "venv" / "bin" / "python", "-B", HERE / "python" / "openai_client.py"))]


def prepare_python(work):
    folder, requirements = work / "python", HERE / "python" / "requirements.txt"
    python = folder / "venv" / "bin" / "python"
    once(folder, [requirements, HERE / "python" / "openai.txt"], lambda: install_python(folder, requirements))
    names = {"openai": "openai_client.py", "cohere": "cohere_client.py", "ollama": "ollama_client.py",
             "huggingface_hub": "huggingface_client.py", "langchain-openai": "langchain_openai_client.py",
             "llama-index (TEI)": "llama_index_client.py"}
    return [Client(name, (python, "-B", HERE / "python" / file)) for name, file in names.items()]


def prepare_node(work):
    folder, packages = work / "node", HERE / "node" / "packages.txt"

    def install():
        (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        names = packages.read_text(encoding="utf-8").split()
        run(["npm", "install", "--silent", "--ignore-scripts", "--no-save", *names], folder)

    once(folder, [packages], install)
    # Node looks for packages beside the program.
    for program in (HERE / "node").glob("*.mjs"):
        shutil.copy(program, folder)
    return [Client("openai (Node)", ("node", folder / "openai_client.mjs")),
            Client("@ai-sdk/openai-compatible", ("node", folder / "ai_sdk_client.mjs"))]


def prepare_go(work):
    (work / "go").mkdir(parents=True, exist_ok=True)
    run(["go", "build", "-o", work / "go" / "client", "."], HERE / "go")
    return [Client("openai-go", (work / "go" / "client",))]


def prepare_java(work):
    folder, sources = work / "java", [HERE / "java" / "pom.xml", *sorted((HERE / "java" / "src").rglob("*.java"))]
    classpath = folder / "classpath"

    def install():
        run(["mvn", "--quiet", "--batch-mode", "--file", HERE / "java" / "pom.xml", f"-Dbuild.folder={folder / 'target'}",
             f"-Dmdep.outputFile={classpath}", "compile", "dependency:build-classpath"], folder)

    once(folder, sources, install)
    version = next(line for line in sources[0].read_text(encoding="utf-8").splitlines() if "<langchain4j.version>" in line)
    path = f"{folder / 'target' / 'classes'}:{classpath.read_text(encoding='utf-8').strip()}"
    return [Client("langchain4j (JDK HttpClient)", ("java", f"-Dlangchain4j.version={version.split('>')[1].split('<')[0]}",
                                                    "-cp", path, "LangChain4jClient"))]


TOOLCHAINS = (
    Toolchain("openai", (sys.executable,), prepare_openai, named=True),
    Toolchain("python", (sys.executable,), prepare_python),
    Toolchain("node", ("node", "npm"), prepare_node),
    Toolchain("go", ("go",), prepare_go),
    Toolchain("java", ("java", "javac", "mvn"), prepare_java),
)
