"""Rules for the pages (Markdown). Each is a function from a tree to violations, as in house_rules.py."""

import posixpath
import re
from pathlib import Path
from urllib.parse import unquote

from tree import Violation, select

ROOT = Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r"(?<!\\)\]\(<?([^()\s>]+)>?(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^(```|~~~)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")


def prose_lines(text):
    """(number, line) outside code blocks; code between backquotes is blanked."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line.lstrip()):
            fenced = not fenced
        elif not fenced:
            yield number, re.sub(r"`[^`]*`", lambda code: " " * len(code.group()), line)


def anchors(text):
    """The anchors that a page's headings get: lower case, no punctuation, spaces as hyphens, repeated ones numbered."""
    seen, found, fenced = {}, set(), False
    for line in text.splitlines():
        if FENCE.match(line.lstrip()):
            fenced = not fenced
        heading = None if fenced else HEADING.match(line)
        if not heading:
            continue
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1))
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found.add(anchor if anchor not in seen else f"{anchor}-{seen[anchor]}")
        seen[anchor] = seen.get(anchor, 0) + 1
    return found


def is_there(tree, target):
    if target in tree or target == "." or any(path.startswith(target.rstrip("/") + "/") for path in tree):
        return True
    return (ROOT / target).is_file()  # Pictures are not in a tree of texts.


def page_links(tree):
    """A link from a page into the repository leads to a file that exists, and its anchor to a heading that exists."""
    for path, text in select(tree, ("",), (".md",)):
        for line, prose in prose_lines(text):
            for link in LINK.findall(prose):
                if re.match(r"[a-z][a-z0-9+.-]*:", link):
                    continue
                name, _, anchor = unquote(link).partition("#")
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name else path
                if not is_there(tree, target):
                    yield Violation(path, line, f"the link {link} leads to {target}, which is not there")
                elif anchor and target.endswith(".md") and anchor not in anchors(tree.get(target, "")):
                    yield Violation(path, line, f"the link {link} names a heading that {target} does not have")


TOP_FOLDERS = r"(?:bench|cli|cmake|docs|examples|include|python|src|tests|tools)/"
CODE_PATH = re.compile(rf"({TOP_FOLDERS}[\w./\-]+|[a-z_]+(?:/[\w\-]+)*/[\w\-]+\.(?:h|cc))")


def page_paths(tree):
    """A file or folder of the code that a page names exists; paths of sources may begin below src/."""
    for path, text in select(tree, ("README", "ARCHITECTURE", "CONTRIBUTING", "docs/"), (".md",)):
        fenced = False
        for number, line in enumerate(text.splitlines(), 1):
            fenced = fenced != bool(FENCE.match(line.lstrip()))
            for name in re.findall(r"`([^`]+)`", "" if fenced else line):
                if CODE_PATH.fullmatch(name) and not re.search(r"[A-Z]{4}", name):
                    if not is_there(tree, name) and not is_there(tree, "src/" + name):
                        yield Violation(path, number, f"names {name}, which is not there")


FAULT_PAGE = "docs/faults.md"
CPP_TEST = re.compile(r"^(?:INSTANTIATE_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)


def fault_rows(tree):
    """docs/faults.md names, in its row, every test whose name begins with RowN, and every test that it names exists."""
    page = tree.get(FAULT_PAGE)
    if page is None:
        return
    tests = {}
    for path, text in select(tree, ("tests/",), (".cc",)):
        for found in CPP_TEST.finditer(text):
            tests[f"{found.group(1)}.{found.group(2)}"] = (path, text.count("\n", 0, found.start()) + 1)
    named, row = set(), 0
    for number, line in enumerate(page.splitlines(), 1):
        heading = re.match(r"\*\*(\d+)\. ", line)
        row = int(heading.group(1)) if heading else row
        for name in re.findall(r"`([A-Z]\w*\.\w*\*?|tests/[\w/.]+)`", line):
            pattern = re.escape(name).replace(r"\*", ".*")
            hits = {test for test in tests if re.fullmatch(pattern, test)}
            if not hits and not (name.startswith("tests/") and is_there(tree, name)):
                yield Violation(FAULT_PAGE, number, f"names {name}, which is no test here")
            named |= {(row, test) for test in hits}
    for test, (path, line) in tests.items():
        found = re.match(r"\w+\.Row(\d+)[A-Z]", test)
        if found and (int(found.group(1)), test) not in named:
            yield Violation(path, line, f"{test} is not in row {found.group(1)} of {FAULT_PAGE}")
