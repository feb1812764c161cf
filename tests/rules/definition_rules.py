"""Where a function is defined. Like the rules of house_rules.py: a function from a tree to violations."""

import re
from collections import defaultdict
from dataclasses import dataclass

import cpp_reader
from tree import Violation, select

NAMED = re.compile(r"((?:\w+::)*(?:~?\w+|operator\s*(?:\(\s*\)|\S+)))\s*$")


@dataclass(frozen=True)
class Named:
    """A function outside function bodies: its name with the classes around it, without namespaces."""

    name: str
    line: int
    has_body: bool
    is_local: bool  # In a namespace without a name, or static.


def named_functions(source):
    """All declarations and definitions of functions in a file, in order."""
    found = []
    for function in cpp_reader.declarations(source):
        span = cpp_reader.parameter_list(function.head)
        named = NAMED.search(function.head[:span[0]])
        classes = [name for kind, name in function.scopes if kind != "namespace" and name]
        if named and not function.head.startswith("friend"):
            name = "::".join(classes + [named.group(1).removeprefix("vetor::")])
            is_local = ("namespace", "") in function.scopes or function.head.startswith("static ") and not classes
            found.append(Named(re.sub(r"\s", "", name), function.line, function.lines > 0, is_local))
    return found


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


def one_type(tree):
    """A type has one definition in the program: two of one name are one to the linker, which keeps one's destructor for both.

    A specialisation of a template is a type of its own."""
    homes = defaultdict(dict)
    for path, text in select(tree, ("include/", "src/", "cli/", "python/"), (".h", ".cc")):
        lines = text.split("\n")
        for scopes, name, line in cpp_reader.types(text):
            special = re.search(rf"\b{name}(<[^{{;]*>)", lines[line - 1])
            name += special.group(1) if special else ""
            if all(scope[0] == "namespace" and scope[1] for scope in scopes):
                full = "::".join([scope[1] for scope in scopes] + [name])
                homes[full].setdefault(path, line)
    for name, places in homes.items():
        first, *others = sorted(places)
        for path in others:
            yield Violation(path, places[path], f"{name} is defined in {first}, too")


def included_first(tree, path, text, own):
    included = cpp_reader.includes(text)
    if own in tree:
        if not included or included[0].name != own.removeprefix("src/"):
            yield Violation(path, included[0].line if included else 1, f"begin with its header, {own}")
        return
    for include in included:
        if include.quoted and not include.name.startswith("vetor/") and include.name.split("/")[-1] == own.split("/")[-1]:
            yield Violation(path, include.line, f'its header is "{include.name}": one folder for both')
