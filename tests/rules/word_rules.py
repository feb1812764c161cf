"""Rules for words: messages of the library and names of tests. A function from a tree to violations, as in house_rules.py."""

import re

import cpp_reader
from tree import Violation, select

CPP = (".h", ".cc")
ADJACENT = re.compile(r'"\s*"')
COMMAND = re.compile(r"vetor [a-z]+ [^;`]*")
FLAG = re.compile(r"(?<!var\()--[a-z][a-z-]*")


def flags_in_library(tree):
    """A message of the library names a flag only within a command (`vetor export DIR --output NEW`): programs have none."""
    for path, text in select(tree, ("src/", "include/"), CPP):
        strings = cpp_reader.LITERAL.sub(lambda m: m.group(0) if m.group(0)[0] == '"' else cpp_reader.blank(m), text)
        # Pieces of one literal are joined, so that a command may go over several lines.
        strings = ADJACENT.sub(lambda m: re.sub(r"[^\n]", "", m.group(0)), strings)
        for literal in re.finditer(r'"(?:\\.|[^"\\])*"', strings):
            found = FLAG.search(COMMAND.sub(lambda m: " " * len(m.group(0)), literal.group(0)))
            if found:
                yield Violation(path, cpp_reader.line_of(strings, literal.start() + found.start()),
                                f"{found.group(0)}: name the setting or the option; the command adds its flag")


NO_NOUN = re.compile(r"(?:Is|Are|Was)No(?!Longer|More)[A-Z]")


def test_names(tree):
    """The name of a test is a plain sentence: "IsNotAGraph", not "IsNoGraph"."""
    for path, text in select(tree, ("tests/",), (".cc",)):
        for test in re.finditer(r"\bTEST(?:_F|_P)?\(\s*\w+,\s*(\w+)\)", text):
            found = NO_NOUN.search(test.group(1))
            if found and not re.search(r"There(?:Is|Are)No", test.group(1)):
                yield Violation(path, cpp_reader.line_of(text, test.start()), f"{test.group(1)}: \"is not a\"")
