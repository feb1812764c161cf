"""Where a function is defined. Like the rules of house_rules.py: a function from a tree to violations."""

import re
from collections import defaultdict
from dataclasses import dataclass

import cpp_reader
from tree import Violation, select

NAMED = re.compile(r"((?:\w+::)*(?:~?\w+|operator\s*(?:\(\s*\)|\S+)))\s*$")
CONTAINER_NAME = re.compile(r"\b(namespace|class|struct|union|enum)\b(?:\s+(?:class\b|VETOR_\w+(?:\([^)]*\))?|\[\[\w+\]\]|alignas\([^)]*\)))*"
                            r"\s*([\w:]*)")


@dataclass(frozen=True)
class Named:
    """A function outside function bodies: its name with the classes around it, without namespaces."""

    name: str
    line: int
    has_body: bool
    is_local: bool  # In a namespace without a name, or static.


def named_functions(source):
    """All declarations and definitions of functions in a file, in order."""
    text = cpp_reader.code_only(source)
    found, scopes, head_start, position = [], [], 0, 0
    delimiter = re.compile(r"[;{}]")
    while True:
        match = delimiter.search(text, position)
        if match is None:
            return found
        position = match.end()
        head = text[head_start:match.start()]
        clean = cpp_reader.without_template(head)
        if match.group(0) == "}":
            if scopes:
                scopes.pop()
        else:
            signature = cpp_reader.read_signature(head)
            if signature and not (match.group(0) == ";" and cpp_reader.is_initialised(head)):
                span = cpp_reader.parameter_list(clean)
                named = NAMED.search(clean[:span[0]])
                line = cpp_reader.line_of(text, head_start + len(head) - len(head.lstrip()))
                classes = [name for kind, name in scopes if kind != "namespace" and name]
                if named and not clean.startswith("friend"):
                    name = "::".join(classes + [named.group(1).removeprefix("vetor::")])
                    is_local = ("namespace", "") in scopes or clean.startswith("static ") and not classes
                    found.append(Named(re.sub(r"\s", "", name), line, match.group(0) == "{", is_local))
            if match.group(0) == "{":
                if signature is None and cpp_reader.CONTAINER.match(clean) and not head.rstrip().endswith("="):
                    scopes.append(CONTAINER_NAME.search(clean).groups() if CONTAINER_NAME.search(clean) else ("namespace", "C"))
                else:
                    position = cpp_reader.matching_brace(text, match.start()) + 1
                    if signature is None:
                        continue  # A braced value: part of the head that goes on after it.
        head_start = position


# Header: why its functions are defined in other sources than its own.
SPREAD_HEADERS = {
    "src/encoder/families/family.h": "a table of readers: each family is one file, and has one function",
    "src/kernels/sets/compiled_sets.h": "a table of sets: each is one file, compiled for its instructions",
    "cli/command.h": "a table of makers: each subcommand is one file, and has one function",
}


def own_header(path):
    return re.sub(r"(_posix|_win|_none)?\.cc$", ".h", path)


def one_name(tree):
    """A header and its source have one name and one folder: the source includes it first and defines what it declares."""
    declared = defaultdict(set)
    for path, text in select(tree, ("src/", "cli/", "python/"), (".h",)):
        for function in named_functions(text):
            if not function.has_body:
                declared[function.name].add(path)
    # What the public API declares is defined in the room that has it; a name may have overloads in both.
    public = {function.name for _, text in select(tree, ("include/",), (".h",)) for function in named_functions(text)}
    for path, text in select(tree, ("src/", "cli/", "python/"), (".cc",)):
        own = own_header(path)
        yield from included_first(tree, path, text, own)
        for function in named_functions(text):
            looked_at = function.has_body and not function.is_local and function.name not in public
            homes = declared[function.name] if looked_at else set()
            if homes and own not in homes and not homes & set(SPREAD_HEADERS):
                yield Violation(path, function.line, f"defines {function.name}, which {' and '.join(sorted(homes))} declares: "
                                "define it in the source of that name")


def included_first(tree, path, text, own):
    included = cpp_reader.includes(text)
    if own in tree:
        if not included or included[0].name != own.removeprefix("src/"):
            yield Violation(path, included[0].line if included else 1, f"begin with its header, {own}")
        return
    for include in included:
        if include.quoted and not include.name.startswith("vetor/") and include.name.split("/")[-1] == own.split("/")[-1]:
            yield Violation(path, include.line, f'its header is "{include.name}": one folder for both')
