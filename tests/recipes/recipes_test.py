#!/usr/bin/env python3
"""Follows recipes of ARCHITECTURE.md ("Where do I put") on a scratch copy, and proves that they hold.

    recipes_test.py --build BUILD [--ninja NINJA] [RECIPE ...]

For each recipe the test edits the files that its row names, and no others. Then the files compile, the house rules pass,
and what the row promises is there. Then the test leaves out each file in turn, and the same proof must fail: so a row
that leaves out a needed file is found. Exit codes: 0 kept, 1 broken. Python 3.9, standard library.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from recipes import RECIPES
from scratch_copy import ROOT, Failed, Page, ScratchCopy, is_named, read_project


def follow(copy, page, recipe, without=None):
    """Makes the edits of the files that the page names (but `without`) and proves the recipe. Raises Failed."""
    paths, words = page.files(recipe.title, recipe.name)
    left_out = [edit.path for edit in recipe.edits if edit is without or not is_named(edit, paths, words)]
    try:
        for edit in recipe.edits:
            if edit.path not in left_out:
                copy.apply(edit)
        recipe.prove(copy)
    except Failed as failure:
        raise Failed(f"{failure}\n(the row names none of {left_out})" if left_out else str(failure)) from failure


def check(copy, page, recipe, project):
    kept = True
    try:
        follow(copy, page, recipe)
        copy.check_rules(project)
        print(f'ok: "{recipe.title}": {", ".join(edit.path for edit in recipe.edits)}')
    except Failed as failure:
        kept = False
        print(f'"{recipe.title}" cannot be followed as ARCHITECTURE.md says: {failure}')
    copy.restore()
    for edit in recipe.edits if kept else ():
        if edit.goes_with:
            continue  # A further file of one class; the row names the folder once.
        try:
            follow(copy, page, recipe, without=edit)
            kept = False
            print(f'"{recipe.title}" holds without {edit.path}: the row names too much, or the proof asks too little')
        except Failed:
            pass
        copy.restore()
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--ninja", default="ninja")
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help="titles of rows; all by default")
    arguments = parser.parse_args()
    chosen = [recipe for recipe in RECIPES if not arguments.recipes or recipe.title in arguments.recipes]
    page = Page((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    project = read_project()
    kept = bool(chosen)
    with tempfile.TemporaryDirectory() as folder:
        copy = ScratchCopy(Path(folder).resolve(), arguments.build, arguments.ninja)
        for recipe in chosen:
            kept = check(copy, page, recipe, project) and kept
    print(f"{time.process_time():.0f} s of Python's own time")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
