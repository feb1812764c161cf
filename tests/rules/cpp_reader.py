"""Reads C++ just well enough to count: includes, functions with their length, and their parameters.

It is not a parser. It blanks comments, literals and preprocessor lines, then follows braces. The code that it reads is
formatted by clang-format and compiled by two compilers, so odd spellings need no care here.
"""

import re
from dataclasses import dataclass

LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?P<form>["<])(?P<name>[^">]+)[">]', re.MULTILINE)
CONTAINER = re.compile(r"^(?:inline\s+|typedef\s+)?(?:namespace|class|struct|union|enum|extern)\b")
CONTAINER_NAME = re.compile(r"\b(namespace|class|struct|union|enum)\b(?:\s+(?:class\b|VETOR_\w+(?:\([^)]*\))?|\[\[\w+\]\]|alignas\([^)]*\)))*"
                            r"\s*([\w:]*)")
CONTROL = re.compile(r"\b(?:if|for|while|switch|catch|return|else|do)\s*$")
LABEL = re.compile(r"^\s*(?:public|private|protected)\s*:")


@dataclass(frozen=True)
class Function:
    """A definition (lines > 0) or a declaration (lines 0)."""

    name: str
    line: int
    lines: int
    parameters: int


@dataclass(frozen=True)
class Declaration:
    """A function outside function bodies, as it is written: a definition (lines > 0) or a declaration (lines 0)."""

    head: str  # Without labels and `template <...>`.
    signature: tuple  # (name, parameters)
    scopes: tuple  # (kind, name) of each namespace and class around it, from outside in.
    line: int
    lines: int


@dataclass(frozen=True)
class Include:
    name: str
    line: int
    quoted: bool


def blank(match):
    """Returns as many characters and lines with nothing in them. A string becomes an empty pair of quotes."""
    text = match.group(0)
    return '""' + " " * (len(text) - 2) if text[0] == '"' and "\n" not in text else re.sub(r"[^\n]", " ", text)


def without_literals(text):
    return LITERAL.sub(blank, text)


def code_only(text):
    return PREPROCESSOR.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), without_literals(text))


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def includes(text):
    # Comments may show an include as an example; they are blanked, the quoted names of real ones must stay.
    no_comments = re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.DOTALL)
    return [Include(m["name"], line_of(text, m.start("name")), m["form"] == '"') for m in INCLUDE.finditer(no_comments)]


def matching_brace(text, start):
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match.group(0) == "{" else -1
        if depth == 0:
            return match.start()
    return len(text) - 1


def without_template(head):
    """The head of a declaration without labels and `template <...>`."""
    while True:
        head = head.strip()
        label = LABEL.match(head)
        if label:
            head = head[label.end():]
        elif head.startswith("template"):
            depth, position = 0, head.find("<")
            for position in range(max(position, 0), len(head)):
                depth += {"<": 1, ">": -1}.get(head[position], 0)
                if depth == 0:
                    break
            head = head[position + 1:]
        else:
            return head


def parameter_list(head):
    """(start, end) of the parentheses that hold the parameters, or None."""
    angle = depth = 0
    start = None
    for position, letter in enumerate(head):
        before = head[position - 1] if position else ""
        if letter == "<" and before != "<" and not head[:position].rstrip().endswith("operator"):
            angle += depth == 0
        elif letter == ">" and before != "-":
            angle = max(0, angle - (depth == 0))
        elif letter == "(":
            if depth == 0 and angle == 0 and start is None:
                start = position
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0 and start is not None:
                if head[:start].rstrip().endswith("operator") and head[position + 1:].lstrip().startswith("("):
                    start = None  # `operator()`: its parameters are the next pair.
                    continue
                return start, position
    return None


def count_parameters(text):
    text = text.strip()
    if text in ("", "void"):
        return 0
    depth, count = 0, 1
    for position, letter in enumerate(text):
        if letter in "(<[{":
            depth += 1
        elif letter in ")]}" or (letter == ">" and text[position - 1] != "-"):
            depth -= 1
        count += letter == "," and depth == 0
    return count


def function_name(before):
    match = re.search(r"(~?\w+|operator\s*\S+)\s*$", before)
    return match.group(1) if match else "lambda"


def read_signature(head):
    """(name, parameters) if `head` is that of a function whose body follows, else None."""
    clean = without_template(head)
    if not clean or CONTAINER.match(clean) or clean.endswith(("=", ",", "(", "return")):
        return None
    if clean.count("(") != clean.count(")"):
        return None  # Within parentheses: the body of a lambda that a constructor passes on.
    span = parameter_list(clean)
    if span is None or CONTROL.search(clean[:span[0]]):
        return None
    rest = clean[span[1] + 1:].strip()
    if rest.startswith(":") and not rest.endswith((")", "}")):
        return None  # `: member_` of a constructor: the brace begins the member's value.
    return function_name(clean[:span[0]]), count_parameters(clean[span[0] + 1:span[1]])


def is_initialised(head):
    """Whether `head`, up to its ';', defines a variable: `Type name = Call(1, 2)`."""
    span = parameter_list(without_template(head))
    before = without_template(head)[:span[0]]
    return "=" in before and "operator" not in before


def scope_of(container):
    """(kind, name) of a namespace, class and the like; of an `extern "C"` as if it were a namespace."""
    named = CONTAINER_NAME.search(container)
    return named.groups() if named else ("namespace", "C")


def declarations(source):
    """All declarations and definitions of functions outside function bodies, in order."""
    text = code_only(source)
    scopes, head_start, position = [], 0, 0
    delimiter = re.compile(r"[;{}]")
    while True:
        match = delimiter.search(text, position)
        if match is None:
            return
        position = match.end()
        head = text[head_start:match.start()]
        clean, signature = without_template(head), read_signature(head)
        line = line_of(text, head_start + len(head) - len(head.lstrip()))
        if match.group(0) == "{":
            if signature is None and CONTAINER.match(clean) and not head.rstrip().endswith("="):
                scopes.append(scope_of(clean))
                head_start = position
                continue
            end = matching_brace(text, match.start())
            position = end + 1
            if signature is None:
                continue  # A braced value: part of the head that goes on after it.
            yield Declaration(clean, signature, tuple(scopes), line, line_of(text, end) - line + 1)
        elif match.group(0) == "}":
            scopes = scopes[:-1]
        elif signature and not is_initialised(head):
            yield Declaration(clean, signature, tuple(scopes), line, 0)
        head_start = position


def types(source):
    """(namespaces and classes around it, name, line) of every class, struct, union and enum that is defined outside functions."""
    text = code_only(source)
    scopes, head_start, position = [], 0, 0
    delimiter = re.compile(r"[;{}]")
    while match := delimiter.search(text, position):
        position = match.end()
        head = text[head_start:match.start()]
        clean = without_template(head)
        if match.group(0) == "{":
            if read_signature(head) is None and CONTAINER.match(clean) and not head.rstrip().endswith("="):
                kind, name = scope_of(clean)
                if kind != "namespace" and name:
                    yield tuple(scopes), name, line_of(text, match.start())
                scopes.append((kind, name))
            else:
                position = matching_brace(text, match.start()) + 1
                if read_signature(head) is None:
                    continue  # A braced value: part of the head that goes on after it.
        elif match.group(0) == "}":
            scopes = scopes[:-1]
        head_start = position


def functions(source):
    """All function definitions and declarations outside function bodies, in order."""
    return [Function(found.signature[0], found.line, found.lines, found.signature[1]) for found in declarations(source)]


def arguments(code, bracket):
    """The arguments of the call whose opening bracket is at `bracket`, without spaces."""
    depth, found, start = 0, [], bracket + 1
    for position in range(bracket, len(code)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(code[position], 0)
        if depth == 0 or (depth == 1 and code[position] == ","):
            found.append("".join(code[start:position].split()))
            start = position + 1
        if depth == 0:
            break
    return [argument for argument in found if argument]
