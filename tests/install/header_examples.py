#!/usr/bin/env python3
"""Compiles the examples in the comments of the public headers as a user would who has many warnings as errors.

    header_examples.py INCLUDE CXX     INCLUDE: the folder of the installed package that holds vetor/

An example is a run of comment lines whose text is indented by three spaces. It becomes the body of a function; the names that
it uses without defining them (a service, texts, a tokenizer) are parameters, as GIVEN says. The compiler's messages name the
header and its line.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

LINE = re.compile(r"^\s*///?   (\S.*|\s+\S.*)$")
# A pattern of an example, and the parameter that it needs. If two have one name, the first counts.
GIVEN = (
    (r"\(\*service\)", "service", "vetor::Result<std::unique_ptr<vetor::EmbeddingsService>>& service"),
    (r"\bservice->", "service", "vetor::EmbeddingsService* service"),
    (r"\bconfig\b", "config", "vetor::EmbeddingsConfig& config"),
    (r"\btokenizer\.", "tokenizer", "const vetor::Tokenizer& tokenizer"),
    (r"\btexts\b", "texts", "const std::vector<std::string>& texts"),
    (r"\btitles\b", "titles", "const std::vector<std::string>& titles"),
    (r"\btext\b", "text", "std::string_view text"),
    (r"\brows\b", "rows", "const vetor::VectorRows& rows"),
    (r"\bwanted_bytes\b", "wanted_bytes", "int64_t wanted_bytes"),
)
BEFORE = """{includes}
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

int Fail(const vetor::Status& status);
template <typename T>
void Use(const T& value);
void Show(const std::string& line);
void Warn(const std::string& line);
void WriteFile(const std::string& path, const std::string& text);
"""
# An example ends before it uses what it has made.
FLAGS = ("-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable",
         "-Wno-unused-but-set-variable")


class Example(NamedTuple):
    header: Path
    line: int
    text: str


def examples_of(header):
    found, lines = [], []
    for number, line in enumerate([*header.read_text(encoding="utf-8").splitlines(), ""], 1):
        match = LINE.match(line)
        if match:
            lines.append(match.group(1))
        elif lines:
            found.append(Example(header, number - len(lines), "\n".join(lines)))
            lines = []
    return found


def function_of(number, example):
    parameters = {}
    for pattern, name, parameter in GIVEN:
        if re.search(pattern, example.text):
            parameters.setdefault(name, f"[[maybe_unused]] {parameter}")
    # Each example is a block of its own, because it may define names that others are given.
    return (f"int Example{number}({', '.join(parameters.values())});\nint Example{number}({', '.join(parameters.values())}) {{ {{\n"
            f'#line {example.line} "{example.header}"\n{example.text}\n}}\n  return 0;\n}}\n')


def main():
    include, compiler = Path(sys.argv[1]), sys.argv[2]
    headers = sorted((include / "vetor").glob("*.h"))
    examples = [example for header in headers for example in examples_of(header)]
    lacking = {header.name for header in headers} - {example.header.name for example in examples}
    # Headers of plain values that a service gives.
    if lacking - {"component_ranges.h", "metrics.h", "service_info.h"} or len(examples) < 15:
        sys.exit(f"header_examples: {len(examples)} examples in {include}; none in {', '.join(sorted(lacking))}")
    program = BEFORE.format(includes="\n".join(f"#include <vetor/{header.name}>" for header in headers))
    program += "\n".join(function_of(number, example) for number, example in enumerate(examples))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "examples.cc")
        source.write_text(program, encoding="utf-8")
        done = subprocess.run([compiler, *FLAGS, f"-I{include}", source], check=False)
    print(f"header_examples: {len(examples)} examples of {len(headers)} headers")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
