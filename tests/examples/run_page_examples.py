#!/usr/bin/env python3
"""Runs the examples of a page as a reader would who has built the tree.

    run_page_examples.py PAGE commands --command build/vetor       `sh` lines, and `json` blocks as configuration files
    run_page_examples.py PAGE python --python PYTHON               each `python` block as a program
    run_page_examples.py PAGE cpp --prefix DIR --cxx PROGRAM       each `cpp` block against the installed package

An example runs in an empty folder that has `build/` and `models/`. It must end with exit code 0; a shell line must also print
something or write a file. Lines that begin with make are passed over, because make runs this test. A block behind the comment
`<!-- example: not run, REASON -->` is passed over as well, and the last line says how many were. A line that begins with
`vetor serve` or `build/vetor serve` runs beside the lines behind it, until the next such line or the end of the page. It
listens on a free port, which takes the place of 8080 in these lines. Exit code 77: an example uses a model that is not fetched.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPPED = 77
NOT_RUN = re.compile(r"<!-- example: not run, (.*) -->")
PASSED_OVER = re.compile(r"(make|source)\b|#")


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    line: int
    text: str
    reason: str
    """Why it is not run; empty: it is."""


def blocks_of(text):
    found, inside, mark = [], None, ""
    for number, line in enumerate(text.splitlines(), 1):
        if inside is not None and line.startswith("```"):
            language, begin, body = inside
            found.append(Block(language, begin, "".join(body), mark))
            inside, mark = None, ""
        elif inside is not None:
            inside[2].append(line + "\n")
        elif line.startswith("```"):
            inside = (line[3:].strip(), number, [])
        elif NOT_RUN.search(line):
            mark = NOT_RUN.search(line).group(1)
        elif line.strip():
            mark = ""
    return found


def shell_lines(block):
    lines = block.text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not PASSED_OVER.match(line)]


def fail(page, block, what, done):
    sys.exit(f"{page.name}:{block.line}: {what}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")


def run(words, folder, environment=None):
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, **(environment or {})})


class Server:
    """The server of a page. Entering waits until it is ready."""

    LINE = re.compile(r"(?:build/)?vetor (serve\b.*)")

    def __init__(self, page, block, line, folder, command):
        self.arguments = (page, block, line)
        self.process = subprocess.Popen(["bash", "-c", f"exec {command} {self.LINE.match(line).group(1)} --port 0"],
                                        cwd=folder, stderr=subprocess.PIPE, text=True)
        self.said, self.port = [], None
        for said in self.process.stderr:
            self.said.append(said)
            ready = re.search(r"ready at https?://[^ ]*:(\d+)", said)
            if ready:
                self.port = ready.group(1)
                break
        else:
            self.stop()

    def stop(self):
        self.process.terminate()
        code = self.process.wait()
        said = "".join(self.said) + self.process.stderr.read()
        self.process.stderr.close()
        if code != 0 or self.port is None:
            page, block, line = self.arguments
            fail(page, block, line, subprocess.CompletedProcess(line, code, "", said))


def run_commands(page, blocks, folder, arguments):
    Path(folder, "build").symlink_to(arguments.command.parent)
    path = {"PATH": f"{arguments.command.parent}:{os.environ['PATH']}"}
    servers = []
    try:
        run_lines(page, blocks, folder, arguments, path, servers)
    finally:
        for server in servers:
            server.stop()


def run_lines(page, blocks, folder, arguments, path, servers):
    for block in blocks:
        if block.language == "json":
            Path(folder, "example.json").write_text(block.text, encoding="utf-8")
            done = run([arguments.command, "config", "--check", "example.json"], folder)
            if done.returncode != 0 or "0 warnings" not in done.stdout + done.stderr:
                fail(page, block, "vetor config --check", done)
        for line in shell_lines(block) if block.language == "sh" else ():
            if Server.LINE.match(line):
                while servers:
                    servers.pop().stop()
                servers.append(Server(page, block, line, folder, arguments.command))
                continue
            if servers:
                line = line.replace("127.0.0.1:8080", f"127.0.0.1:{servers[0].port}")
            done = run(["bash", "-c", "set -o pipefail; " + line], folder, path)
            silent = not done.stdout + done.stderr and " > " not in line
            if done.returncode != 0 or silent:
                fail(page, block, line, done)


def run_python(page, blocks, folder, arguments):
    for block in blocks:
        Path(folder, "example.py").write_text(block.text, encoding="utf-8")
        done = run([arguments.python, "-B", "example.py"], folder)
        if done.returncode != 0:
            fail(page, block, "the Python example", done)


WRAPPED = """{includes}
#include <cstdio>

#include <vetor/status.h>

namespace {{
[[maybe_unused]] int Fail(const vetor::Status& status) {{
  std::fprintf(stderr, "%s\\n", status.ToString().c_str());
  return 1;
}}
}}  // namespace

int Example{number}();
int Example{number}() {{
{body}
  return 0;
}}
"""
CMAKE = """cmake_minimum_required(VERSION 3.22)
project(page LANGUAGES CXX)
add_compile_options(-Wall -Wextra -Werror)
add_executable(app {sources})
"""
LINKED = "find_package(vetor REQUIRED)\ntarget_link_libraries(app PRIVATE vetor::vetor)\n"


def write_program(blocks, cmake, folder):
    """One source per example, and a main that runs the one whose number it is given."""
    for number, block in enumerate(blocks):
        lines = block.text.splitlines()
        includes = [line for line in lines if line.startswith("#include")]
        body = [line for line in lines if line not in includes]
        Path(folder, f"example{number}.cc").write_text(
            WRAPPED.format(includes="\n".join(includes), body="\n".join(body), number=number), encoding="utf-8")
    names = [f"Example{number}" for number in range(len(blocks))]
    main = ["#include <cstdlib>", *(f"int {name}();" for name in names), "int main(int, char** argv) {",
            f"  int (*examples[])() = {{{', '.join(names)}}};", "  return examples[std::atoi(argv[1])]();", "}"]
    Path(folder, "main.cc").write_text("\n".join(main) + "\n", encoding="utf-8")
    sources = " ".join(["main.cc", *(f"example{number}.cc" for number in range(len(blocks)))])
    Path(folder, "CMakeLists.txt").write_text(CMAKE.format(sources=sources) + (cmake or LINKED), encoding="utf-8")


def run_cpp(page, blocks, folder, arguments):
    cmake = "".join(block.text for block in blocks_of(page.read_text(encoding="utf-8")) if block.language == "cmake")
    write_program(blocks, cmake, folder)
    configured = run(["cmake", "-S", ".", "-B", "out", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={arguments.prefix}",
                      f"-DCMAKE_CXX_COMPILER={arguments.cxx}"], folder)
    if configured.returncode != 0:
        fail(page, blocks[0], "cmake on the C++ examples", configured)
    built = run(["cmake", "--build", "out"], folder)
    if built.returncode != 0:
        fail(page, blocks[0], "the compiler on the C++ examples", built)
    for number, block in enumerate(blocks):
        done = run(["out/app", str(number)], folder)
        if done.returncode != 0:
            fail(page, block, "the C++ example", done)


RUNNERS = {"commands": (run_commands, ("sh", "json")), "python": (run_python, ("python",)), "cpp": (run_cpp, ("cpp",))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("kind", choices=RUNNERS)
    parser.add_argument("--command", type=Path)
    parser.add_argument("--python", type=Path)
    parser.add_argument("--prefix", type=Path)
    parser.add_argument("--cxx", default="c++")
    arguments = parser.parse_args()
    runner, languages = RUNNERS[arguments.kind]
    blocks = [block for block in blocks_of(arguments.page.read_text(encoding="utf-8")) if block.language in languages]
    passed_over = [block.reason for block in blocks if block.reason]
    blocks = [block for block in blocks if not block.reason]
    for model in sorted(set(re.findall(r"(?<!/)\bmodels/[\w.\-]+", "".join(block.text for block in blocks)))):
        if not (ROOT / model).exists():
            print(f"{model} is not here: tools/fetch.py --list")
            return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "models").symlink_to(ROOT / "models")
        if blocks:
            runner(arguments.page, blocks, folder, arguments)
    reasons = f" ({'; '.join(passed_over)})" if passed_over else ""
    print(f"{arguments.page.name}: {len(blocks)} blocks run, {len(passed_over)} passed over{reasons}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
