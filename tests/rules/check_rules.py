#!/usr/bin/env python3
"""Checks the house rules; each rule is one ctest, and its self-test another.

    check_rules.py [RULE ...]           check the project (all rules by default)
    check_rules.py --self-test [RULE …] check that each rule finds its bad samples and passes its good ones
    check_rules.py --list               names and what they say

Prints file:line: rule: message for each violation. Exit codes: 0 kept, 1 broken, 2 usage. Python 3.9, standard library.
"""

import argparse
import sys
from pathlib import Path

from house_rules import RULES
from tree import read_tree

ROOT = Path(__file__).resolve().parent.parent.parent


def check(name, tree):
    violations = sorted(RULES[name].check(tree), key=lambda v: (v.path, v.line))
    for violation in violations:
        print(f"{violation.path}:{violation.line}: {name}: {violation.message}")
    if violations:
        print(f"{name}: {len(violations)} broken. The rule: {RULES[name].check.__doc__}")
    return not violations


def self_test(name):
    rule, kept = RULES[name], True
    for path, text, line, *beside in rule.bad:
        found = [(v.path, v.line) for v in rule.check({path: text, **(beside[0] if beside else {})})]
        if (path, line) not in found:
            print(f"{name}: the bad sample {path}:{line} was not found; found {found}:\n{text}")
            kept = False
    for violation in rule.check(rule.good):
        print(f"{name}: the good sample was refused: {violation}")
        kept = False
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="*", metavar="RULE")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--root", type=Path, default=ROOT)
    arguments = parser.parse_args()
    names = arguments.rules or list(RULES)
    unknown = set(names) - set(RULES)
    if unknown:
        parser.error(f"unknown rule {sorted(unknown)[0]}; known: {', '.join(RULES)}")
    if arguments.list:
        for name in names:
            print(f"{name:<22} {RULES[name].check.__doc__}")
        return 0
    tree = {} if arguments.self_test else read_tree(arguments.root)
    if not arguments.self_test and not tree:
        print(f"no files below {arguments.root}")
        return 1
    kept = [self_test(name) if arguments.self_test else check(name, tree) for name in names]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
