"""The house rules (ARCHITECTURE.md, "Rules"). Each is a function from a tree to violations, with two samples:
`bad` must be found, at the line named; `good` must pass. Exceptions are listed beside the rule, each with its reason.
"""

import ast
import re
from collections import namedtuple

import cpp_reader
from definition_rules import one_name, one_type
from page_rules import fault_rows, page_links, page_paths
from system_rules import file_system_errors, no_throw_no_exit, system_calls, temporary_folders, tests_do_not_wait
from tree import Violation, select
from word_rules import flags_in_library, test_names

CPP = (".h", ".cc")
CODE = (".h", ".cc", ".py", ".sh", ".cmake", "CMakeLists.txt", "Makefile", ".ci/run", ".js", ".html", ".css")
C_SOURCES = ("include/", "src/", "cli/", "bench/", "tests/", "python/", "fuzz/")

# ---- Includes -----------------------------------------------------------------------------------------------------

# The rooms of src/ and the rooms below each that it may include: a directed graph without cycles, from the ground up.
# Public headers, base/ and the room itself are always allowed. ARCHITECTURE.md draws the same table.
LAYERS = {
    "base": (),
    "os": (),
    "formats": ("os",),
    "kernels": ("os",),
    "batching": ("os",),
    "head": ("kernels", "batching"),
    "config": ("os", "head"),
    "tokenizer": ("os", "formats"),
    "encoder": ("os", "formats", "kernels"),
    "model": ("os", "formats", "head", "tokenizer", "encoder"),
    "backend": ("os", "formats", "kernels", "batching", "config", "encoder"),
    "cache": ("os",),
    "similarity": ("kernels",),
    "hub": ("os",),
    "engine": ("os", "formats", "kernels", "batching", "head", "config", "tokenizer", "encoder", "model", "backend", "hub"),
    "service": ("os", "batching", "head", "tokenizer", "cache", "engine"),
    "bulk": ("os", "formats", "service"),
    "doctor": ("os", "formats", "kernels", "head", "config", "tokenizer", "model", "backend", "cache", "engine", "service"),
    "exporter": ("os", "formats", "kernels", "head", "tokenizer", "encoder", "model", "hub", "engine"),
    "benchmark": ("os", "kernels", "config", "service"),
    "server": ("os", "kernels", "config", "tokenizer", "engine", "service"),
}


# Code on top of the library uses its public API, and these rooms, which know nothing of texts or vectors.
CLIENTS = {"cli": ("base", "os"), "python": ("base", "os")}


def layers(tree):
    """A room includes public headers, base/, itself and the rooms below it in LAYERS; cli/ and python/ the first two and os/."""
    order = list(LAYERS)
    for room, below in LAYERS.items():
        for other in below:
            if order.index(other) > order.index(room):
                yield Violation("tests/rules/house_rules.py", 1, f"{room} may include {other}, which stands above it")
    for path, text in select(tree, ("src/",), CPP):
        room = path.split("/")[1]
        for include in cpp_reader.includes(text):
            header = include.name
            if not include.quoted:
                continue
            target = header.split("/")[0]
            if "/" not in header:
                yield Violation(path, include.line, f'"{header}" is not a path from src/ or include/')
            elif room not in LAYERS:
                yield Violation(path, include.line, f"the room {room} is not in LAYERS")
            elif target not in ("vetor", "base", room) + LAYERS[room]:
                yield Violation(path, include.line, f'{room} includes "{header}"; it may include '
                                f"{', '.join(LAYERS[room]) or 'no other room'} (LAYERS in house_rules.py)")
    for client, allowed in CLIENTS.items():
        for path, text in select(tree, (client + "/",), CPP):
            for include in cpp_reader.includes(text):
                if include.quoted and include.name.split("/")[0] not in ("vetor", client) + allowed:
                    yield Violation(path, include.line, f'{client}/ includes "{include.name}"; it is a user of the public '
                                    f"API (include/vetor/) and may also include {' and '.join(allowed)}: what it needs and "
                                    "cannot reach belongs in a public header")


def layers_used(tree):
    """Each edge of LAYERS is used: a file includes a header of the room below, or a public one whose source lies there."""
    used = set()
    for path, text in select(tree, ("src/",), CPP):
        room = path.split("/")[1]
        for include in cpp_reader.includes(text):
            public = include.name.removeprefix("vetor/").removesuffix(".h") if include.name.startswith("vetor/") else None
            homes = [include.name.split("/")[0]] if public is None else \
                [other for other in LAYERS if f"src/{other}/{public}.cc" in tree]
            used |= {(room, home) for home in homes}
    for room, below in LAYERS.items():
        for other in below:
            if (room, other) not in used:
                yield Violation("tests/rules/house_rules.py", 1, f"{room} may include {other} and does not: take the edge out")


# A recipe needs a backend and a pooler. A tokenizer alone is not a recipe, but there is one way to open it.
RECIPE_PARTS = re.compile(r"head/pooler\.h|backend/(\w+/)?\w*backend\.h")
RECIPE_CALLS = re.compile(r"\b(?:Tokenizer\s*::\s*(?:Load|Parse)|UnitHeadFor)\s*\(|\bPooler\b|\bBackend\s*[*&>]")
RECIPE_FOLDERS = ("src/engine/", "src/tokenizer/", "src/backend/", "src/head/")  # the recipe, and where its parts are made
RECIPE_EXCEPTIONS = {  # path: reason
    "bench/hashing/hashing_benchmark.cc": "measures this backend alone",
    "bench/head/head_bench.cc": "measures the head alone",
    "bench/native/native_figures.cc": "measures two backends alone",
    "bench/service/service_figures.cc": "measures a backend without the service around it",
}


def one_recipe(tree):
    """Only src/engine puts a model's tokenizer, backend and head together; other code includes no backend and no pooler."""
    for path, text in select(tree, ("src/", "cli/", "python/", "bench/"), CPP):
        if path.startswith(RECIPE_FOLDERS) or path in RECIPE_EXCEPTIONS:
            continue
        for include in cpp_reader.includes(text):
            if RECIPE_PARTS.fullmatch(include.name):
                yield Violation(path, include.line, f'"{include.name}": run a model through src/engine')
        code = cpp_reader.code_only(text)
        for found in RECIPE_CALLS.finditer(code if not path.startswith("bench/") else ""):
            yield Violation(path, cpp_reader.line_of(code, found.start()), f"{found.group(0)}: run a model through src/engine")


def layers_drawn(tree):
    """ARCHITECTURE.md draws the edges of LAYERS, no more and no fewer."""
    for path, text in select(tree, ("ARCHITECTURE.md",)):
        drawn = {}
        for number, line in enumerate(text.split("\n"), 1):
            row = re.fullmatch(r"([a-z]+) → ([a-z, ]+|nothing)", line)
            if row:
                drawn[row.group(1)] = (number, () if row.group(2) == "nothing" else tuple(row.group(2).split(", ")))
        for room, below in LAYERS.items():
            number, said = drawn.pop(room, (1, None))
            if said != below:
                yield Violation(path, number, f"draws {room} → {said}, LAYERS says {below}")
        for room, (number, _) in drawn.items():
            yield Violation(path, number, f"draws the room {room}, which LAYERS does not have")


def public_includes(tree):
    """Public headers include standard headers and each other only."""
    for path, text in select(tree, ("include/",), CPP):
        for include in cpp_reader.includes(text):
            standard = not include.quoted and re.fullmatch(r"[a-z_]+", include.name)
            if not standard and not include.name.startswith("vetor/"):
                yield Violation(path, include.line, f"{include.name} in a public header: the API is std types only")


# Header pattern -> folders that may include it, and what it is.
KEPT_APART = (
    (r"onnxruntime_|onnxruntime/", ("src/backend/onnx/", "tests/backend/", "tests/exporter/"), "ONNX Runtime"),
    (r"sqlite3", ("src/cache/", "tests/cache/"), "SQLite"),
    (r"boost/(beast|asio)", ("src/server/", "tests/server/"), "Boost.Beast and Asio"),
    (r"curl/", ("src/hub/", "tests/hub/", "tests/fuzz/hub/"), "libcurl"),
    (r"protozero/", ("src/formats/", "tests/"), "protozero"),
    (r"zlib\.h|zstd\.h", ("src/formats/", "tests/"), "zlib and zstd"),
    (r"spdlog/", ("src/os/",), "spdlog"),
    (r"openssl/|xxhash", ("src/base/", "src/server/http/tls_certificates.cc", "tests/"), "OpenSSL and xxHash"),
    (r"CLI/|CLI11", ("cli/",), "CLI11"),
    (r"gtest/|gmock/", ("tests/",), "GoogleTest"),
    (r"nanobind/|Python\.h", ("python/",), "nanobind"),
    (r"torch/|ATen/|c10/|tensorflow/", (), "a training framework"),
)


def library_includes(tree):
    """Each library is included in the one place that wraps it."""
    for path, text in select(tree, C_SOURCES, CPP):
        for include in cpp_reader.includes(text):
            for pattern, folders, library in KEPT_APART:
                if re.match(pattern, include.name) and not path.startswith(tuple(folders) or ("\0",)):
                    place = " or ".join(folders) or "nowhere"
                    yield Violation(path, include.line, f"{include.name}: {library} belongs in {place}")


PROTO_READER = re.compile(r"\b(?:ProtoMessage|pbf_reader)\b")
PROTO_WRITER = re.compile(r"\bpbf_writer\b|\bAppendField(?:Head)?\s*\(")
BARE_FIELD = re.compile(r"\bfield\(\)\s*(?:==|!=|<=?|>=?)\s*\d|\bcase\s+\d+\s*:|\bnext\(\s*\d|\bfield\s*(?:==|!=)\s*\d"
                        r"|\badd_\w+\(\s*\d|\bAppendField(?:Head)?\(\s*\d")


def onnx_field_numbers(tree):
    """Fields of protobuf messages have names (formats/onnx/schema.h): no code that reads or writes one has bare numbers."""
    for path, text in select(tree, ("src/", "cli/", "python/"), CPP):
        code = cpp_reader.code_only(text)
        if not PROTO_READER.search(code) and not PROTO_WRITER.search(code):
            continue
        for found in BARE_FIELD.finditer(code):
            yield Violation(path, cpp_reader.line_of(code, found.start()),
                            f"{found.group(0)!r}: name the field in formats/onnx/schema.h, or in the one reader of its format")


# ---- Sizes --------------------------------------------------------------------------------------------------------

MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS = 500, 60, 6
LONG_FILES = {}  # path: reason
LONG_FUNCTIONS = {}  # (path, function): reason
LONG_PARAMETER_LISTS = {  # (path, function): reason
    ("src/backend/onnx/runtime_library.cc", "ForwardLog"): "the runtime dictates what its log callback takes",
}


def file_length(tree):
    """No file of code is longer than 500 lines."""
    for path, text in select(tree, ("",), CODE):
        lines = text.count("\n")
        if lines > MAX_FILE_LINES and path not in LONG_FILES:
            yield Violation(path, lines, f"{lines} lines, at most {MAX_FILE_LINES}: split it by responsibility")


def python_functions(text):
    """The functions of a Python file as cpp_reader.Function. Keyword-only parameters name themselves at the call, so
    they are not counted, nor is self or cls."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            positional = [a.arg for a in node.args.posonlyargs + node.args.args if a.arg not in ("self", "cls")]
            yield cpp_reader.Function(node.name, node.lineno, node.end_lineno - node.lineno + 1, len(positional))


def all_functions(tree):
    for path, text in select(tree, C_SOURCES, CPP):
        for function in cpp_reader.functions(text):
            yield path, function
    for path, text in select(tree, ("",), (".py",)):
        for function in python_functions(text):
            yield path, function


def function_length(tree):
    """No function is longer than 60 lines, signature and closing brace included."""
    for path, function in all_functions(tree):
        if function.lines > MAX_FUNCTION_LINES and (path, function.name) not in LONG_FUNCTIONS:
            yield Violation(path, function.line,
                            f"{function.name} has {function.lines} lines, at most {MAX_FUNCTION_LINES}")


def parameter_count(tree):
    """No function takes more than 6 parameters."""
    for path, function in all_functions(tree):
        if function.parameters > MAX_PARAMETERS and (path, function.name) not in LONG_PARAMETER_LISTS:
            yield Violation(path, function.line,
                            f"{function.name} takes {function.parameters} parameters, at most {MAX_PARAMETERS}: take a struct")


# ---- Names and words ----------------------------------------------------------------------------------------------

EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}


def names(tree):
    """No file or folder has a name that says nothing."""
    for path in tree:
        for part in path.split("/"):
            words = set(re.split(r"[_.\-]", part.lower()))
            if words & EMPTY_NAMES:
                yield Violation(path, 1, f"the name {part} says nothing about what is inside")


def file_names_snake_case(tree):
    """C++ and Python files are named in snake_case."""
    for path, _ in select(tree, C_SOURCES + ("tools/",), CPP + (".py",)):
        name = path.rsplit("/", 1)[-1]
        if not re.fullmatch(r"[a-z0-9_]+\.(h|cc|py)", name):
            yield Violation(path, 1, f"{name} is not snake_case")


# Written in pieces, so that this file passes its own rule.
HOSTS = ("pypi" r"\.org", "python" "hosted" r"\.org", "npm" r"js\.(org|com)", r"(repo1?\.)maven" r"\.", "maven" r"\.org",
         "deb" r"\.debian" r"\.org", "archive" r"\.ubuntu" r"\.com", "sona" "type" r"\.org")
MACHINE_PATHS = ("/wo" "rk/", "/ro" "ot/", "/ho" r"me/\w+/", r"C:\\Us" "ers")


def hosts_and_paths(tree):
    """No file names a package registry's host (clients know theirs, mirrors differ) or a path of one machine."""
    pattern = re.compile("|".join(HOSTS + tuple(r"(?<![\w.$}])" + path for path in MACHINE_PATHS)))
    for path, text in tree.items():
        if path.startswith("tests/data/") or path.endswith((".jsonl", ".tsv", ".csv")):
            continue  # Texts of the world.
        for number, line in enumerate(text.split("\n"), 1):
            found = pattern.search(line)
            if found:
                yield Violation(path, number, f"names {found.group(0)!r}")


def unfinished(tree):
    """Nothing is left for later in the code: an issue holds it, or it is done."""
    pattern = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|\b[Ll]ater,? (?:our|this|we|the own|an? own|it will|there will)\b"
                         r"|\bfor now,? (?:only|we|this)\b|\bnot yet (?:done|implemented|supported)\b|\bwill be (?:added|done|moved)\b")
    for path, text in select(tree, ("",), CODE):
        for number, line in enumerate(text.split("\n"), 1):
            found = pattern.search(line)
            if found:
                yield Violation(path, number, f"{found.group(0)}: do it or file an issue")


# ---- The list -----------------------------------------------------------------------------------------------------

LONG_BODY = "int F(int a) {\n" + "  a++;\n" * 59 + "  return a;\n}\n"
SHORT_BODY = "int F(int a) {\n" + "  a++;\n" * 57 + "  return a;\n}\n"
WIDE = ("namespace n {\nclass A {\n public:\n  explicit A(int a) : a_{a}, b_(1) {}\n"
        "  std::map<int, int> F(std::map<int, int> a, int b, int c, int d, int e = G(1, 2), int f, int g) const;\n};\n}\n")
NARROW = "std::function<void(int, int)> F(std::map<int, int> a, int b, int c, std::array<int, 2> d = {1, 2}, int e, int f) {\n}\n"

CLASS = "namespace vetor {\nclass B {\n public:\n  explicit B(int a);\n  ~B();\n  int Get() const;\n};\n}\n"
USED = {f"src/{room}/a.cc": "".join(f'#include "{other}/a.h"\n' for other in below) for room, below in LAYERS.items()}
PUBLIC_USE = USED["src/benchmark/a.cc"].replace("service/a.h", "vetor/b.h")
DRAWN = "".join(f"{room} → {', '.join(below) or 'nothing'}\n" for room, below in LAYERS.items())

Rule = namedtuple("Rule", "check bad good")  # bad: (path, text, line of the violation[, other files])
RULES = {
    "layers": Rule(
        layers,
        [("src/head/a.cc", '#include "vetor/status.h"\n#include "tokenizer/tokenizer.h"\n', 2),
         ("src/head/a.cc", '#include "pooler.h"\n', 1),
         ("src/base/a.cc", '#include "backend/backend.h"\n', 1), ("src/batching/a.cc", '#include "head/pooler.h"\n', 1),
         ("src/attic/a.cc", '#include "base/utf8.h"\n', 1),
         ("cli/commands/a.cc", '#include "vetor/cache.h"\n#include "cache/cache_folder.h"\n', 2),
         ("cli/main.cc", '#include "command_line.h"\n', 1), ("python/a.cc", '#include "config/config_file.h"\n', 1),
         ("python/a.h", '#include "cli/streams/interrupt.h"\n', 1)],
        {"src/head/a.cc": '#include <vector>\n#include "head/b.h"\n#include "base/utf8.h"\n'
                          '#include "batching/token_batch.h"\n// #include "tokenizer/tokenizer.h"\n',
         "src/service/a.cc": '#include "engine/engine.h"\n',
         "cli/commands/a.cc": '#include <CLI/CLI.hpp>\n#include "base/utf8.h"\n#include "cli/command.h"\n'
                              '#include "os/log.h"\n#include "vetor/cache.h"\n',
         "python/a.cc": '#include "python/exceptions.h"\n#include "vetor/pull.h"\n',
         "tests/cli/a_test.cc": '#include "cache/cache_folder.h"\n'}),
    "layers_drawn": Rule(
        layers_drawn, [("ARCHITECTURE.md", DRAWN.replace("head → kernels, batching", "head → model"), 6),
                       ("ARCHITECTURE.md", DRAWN + "attic → head\n", len(LAYERS) + 1)],
        {"ARCHITECTURE.md": DRAWN, "README.md": "attic → head\n"}),
    "layers_used": Rule(
        layers_used,
        [("tests/rules/house_rules.py", "", 1, {path: text for path, text in USED.items() if path != "src/head/a.cc"}),
         ("tests/rules/house_rules.py", "", 1, {**USED, "src/head/a.cc": USED["src/head/a.cc"].replace('"kernels/', '"base/')}),
         ("tests/rules/house_rules.py", "", 1, {**USED, "src/benchmark/a.cc": PUBLIC_USE})],
        {**USED, "src/benchmark/a.cc": PUBLIC_USE, "src/service/b.cc": ""}),
    "one_recipe": Rule(
        one_recipe,
        [("cli/a.cc", "void F() {\n  auto t = Tokenizer::Load(path);\n}\n", 2),
         ("cli/a.cc", "auto t = Tokenizer :: Load(path);\n", 1), ("python/a.cc", "auto t = Tokenizer::Parse(document);\n", 1),
         ("src/service/a.cc", "auto p = UnitHeadFor(model, 3);\n", 1),
         ("cli/a.cc", '#include "engine/engine.h"\nStatus F(Backend* b, const TokenBatch& t) {\n  return b->Run(t);\n}\n', 2),
         ("src/doctor/a.cc", "auto p = Pooler::Create(spec, 3);\n", 1),
         ("src/exporter/a.cc", '#include <vector>\n#include "head/pooler.h"\n', 2),
         ("src/service/a.cc", '#include "backend/onnx/onnx_backend.h"\n', 1),
         ("cli/a.cc", '#include "engine/open_engine.h"\n#include "backend/backend.h"\n', 2),
         ("bench/a.cc", '#include "backend/native/native_backend.h"\n', 1)],
        {"src/engine/a.cc": '#include "head/pooler.h"\nTokenizer::Load(path);\n',
         "tests/a/a_test.cc": "Pooler::Create(spec, 3);\n", "src/backend/native/a.cc": '#include "backend/backend.h"\n',
         "cli/a.cc": '#include "backend/onnx/runtime_library.h"\n// Tokenizer::Load(path)\nOpenTokenizer(model);\n'}),
    "public_includes": Rule(
        public_includes,
        [("include/vetor/a.h", "#include <string>\n#include <fmt/format.h>\n", 2),
         ("include/vetor/a.h", '#include "base/json.h"\n', 1)],
        {"include/vetor/a.h": '#include <stop_token>\n#include "vetor/status.h"\n'}),
    "one_name": Rule(
        one_name,
        [("src/a/b.cc", '#include <vector>\n#include "a/b.h"\n', 1, {"src/a/b.h": ""}),
         ("src/a/c/b.cc", '#include <vector>\n#include "a/b.h"\n', 2, {"src/a/b.h": ""}),
         ("src/a/z.cc", '#include "a/b.h"\n\nResult<int> F(int a) {\n  return a;\n}\n', 3, {"src/a/b.h": "Result<int> F(int);\n"}),
         ("src/a/z.cc", "namespace vetor {\nB::B(int a) : a_{a} {}\nint B::Get() const {\n}\n}\n", 3, {"src/a/b.h": CLASS}),
         ("src/a/z.cc", "namespace {\nint G() {\n}\n}  // namespace\nB::~B() {\n}\n", 5, {"src/a/b.h": CLASS})],
        {"src/a/b.h": "", "src/a/b_posix.cc": '#include "a/b.h"\n', "src/a/b_none.cc": '#include "a/b.h"\n', "src/a/c/d.cc": '#include "a/b.h"\n',
         "src/a/status.cc": '#include "vetor/status.h"\n',
         "src/a/e.h": CLASS + "int F(int);\n", "src/a/e.cc": '#include "a/e.h"\nB::B(int a) {}\nint F(int a) {\n}\n',
         "src/a/f.cc": "namespace {\nint F(int a) {\n}\n}  // namespace\nstatic int F(int a) {\n}\nint C::Get() const {\n}\n",
         "include/vetor/g.h": "int G(int a);\n", "src/a/g.h": "int G(A a);\n", "src/b/g_use.cc": "int G(int a) {\n}\n",
         "src/encoder/families/family.h": "int ReadX();\n", "src/encoder/families/x.cc": "int ReadX() {\n}\n"}),
    "one_type": Rule(
        one_type,
        [("src/b/c.h", "namespace vetor {\nstruct A {\n  int b = 0;\n};\n}\n", 2, {"src/a/c.h": "namespace vetor {\nclass A {\n};\n}\n"})],
        {"src/a/c.h": "namespace vetor {\nclass A;\nclass A {\n struct B {};\n};\nvoid F() {\n  struct C {};\n}\n}\n",
         "src/a/d.cc": "namespace vetor {\nnamespace {\nclass A {\n};\n}\nstruct A::D {\n};\n}\n",
         "src/b/d.h": "namespace vetor::b {\nclass A {\n};\n}\n",
         "src/b/e.h": "namespace vetor {\ntemplate <>\nstruct A<int> {\n};\n}\n"}),
    "library_includes": Rule(
        library_includes,
        [("src/model/a.cc", "#include <onnxruntime_cxx_api.h>\n", 1), ("src/service/a.cc", "#include <sqlite3.h>\n", 1),
         ("src/service/b.cc", "#include <boost/beast/http.hpp>\n", 1), ("src/hub/a.cc", "#include <boost/asio/post.hpp>\n", 1), ("cli/a.cc", "#include <curl/curl.h>\n", 1),
         ("src/backend/a.cc", "#include <torch/torch.h>\n", 1), ("src/base/a.cc", "#include <gtest/gtest.h>\n", 1),
         ("src/model/a.cc", "#include <protozero/pbf_reader.hpp>\n", 1)],
        {"src/backend/onnx/a.cc": "#include <onnxruntime_cxx_api.h>\n", "src/cache/a.cc": "#include <sqlite3.h>\n",
         "src/server/http/connection.cc": "#include <boost/beast/http.hpp>\n#include <boost/asio/post.hpp>\n", "src/base/json.h": "#include <boost/json.hpp>\n",
         "src/formats/onnx/a.cc": "#include <protozero/pbf_writer.hpp>\n"}),
    "onnx_field_numbers": Rule(
        onnx_field_numbers,
        [("src/a/a.cc", "void F(ProtoMessage m) {\n  while (m.Next()) {\n    if (m.field() == 4) G(m.Bytes());\n  }\n}\n", 3),
         ("src/a/a.cc", "void F(ProtoMessage m) {\n  switch (m.field()) {\n    case 13:\n      return;\n  }\n}\n", 3),
         ("src/a/a.cc", "auto f = [](ProtoMessage m, uint32_t field) { return field != 7; };\n", 1),
         ("src/a/a.cc", "bool F(protozero::pbf_reader m) {\n  return m.next(7);\n}\n", 2),
         ("src/formats/onnx/a.cc", "protozero::pbf_writer writer(bytes);\nwriter.add_string(1, name);\n", 2),
         ("src/a/a.cc", "AppendField(5, tensor, &graph);\n", 1)],
        {"src/a/a.cc": "void F(ProtoMessage m) {\n  if (m.field() == GraphProto::kNode) G(m);  // NodeProto: input = 1\n}\n",
         "src/a/b.cc": "switch (a) {\n  case 1:\n    F();\n}\n",
         "tests/a/a_test.cc": "protozero::pbf_writer(bytes).add_string(1, name);\n"}),
    "file_length": Rule(
        file_length, [("src/a/a.cc", "\n" * 501, 501), ("tools/a.py", "\n" * 501, 501)],
        {"src/a/a.cc": "\n" * 500, "tests/data/a.json": "\n" * 501}),
    "function_length": Rule(
        function_length,
        [("src/a/a.cc", "namespace n {\n" + LONG_BODY + "}\n", 2),
         ("src/a/a.cc", "struct S {\n  S() : a{1}, b(2) {\n" + "    a++;\n" * 59 + "  }\n};\n", 2),
         ("src/a/a.cc", "S::S(int a)\n    : b_(a, [this](int c) {\n        if (c) G(c);\n      }) {}\n\n" + LONG_BODY, 6),
         ("tests/a/a_test.cc", "TEST(A, B) {\n" + '  Check("}", \'}\');  // }\n' * 60 + "}\n", 1),
         ("tools/a.py", "def f():\n" + "    pass\n" * 60, 1)],
        {"src/a/a.cc": SHORT_BODY + "\n" * 10 + SHORT_BODY, "src/a/b.cc": "const int kTable[] = {\n" + "1,\n" * 90 + "};\n",
         "src/a/c.cc": "enum class E {\n" + "// long\n" * 90 + "};\n", "tools/a.py": "def f():\n" + "    pass\n" * 59}),
    "parameter_count": Rule(
        parameter_count,
        [("src/a/a.h", WIDE, 5), ("src/a/a.cc", "bool S::operator()(int a, int b, int c, int d, int e, int f, int g) {\n}\n", 1),
         ("tools/a.py", "def f(a, b, c, d, e, g, h):\n    pass\n", 1)],
        {"src/a/a.cc": NARROW, "tools/a.py": "def f(self, a, b, c, d, e, g, *, h=1):\n    pass\n",
         "src/a/b.cc": "void F() {\n  G(1, 2, 3, 4, 5, 6, 7);\n}\n"}),
    "names": Rule(
        names, [("src/utils/a.cc", "", 1), ("src/model/model_manager.h", "", 1), ("tests/common.cc", "", 1)],
        {"src/model/model_folder.h": "", "docs/commonly.md": ""}),
    "file_names_snake_case": Rule(
        file_names_snake_case, [("src/model/ModelFolder.cc", "", 1), ("tools/make-data.py", "", 1)],
        {"src/model/model_folder.cc": "", "CMakeLists.txt": ""}),
    "hosts_and_paths": Rule(
        hosts_and_paths,
        [("README.md", "one\npip --index-url https://" + "pypi" + ".org/simple\n", 2),
         ("tools/a.sh", "cd /wo" + "rk/main\n", 1), ("src/a/a.cc", 'Open("/ho' + 'me/ana/model.onnx");\n', 1)],
        {"README.md": "pip install vetor\nsee ${HOME}/models and /usr/local, https://sbert.net\n"}),
    "unfinished": Rule(
        unfinished,
        [("src/a/a.cc", "// fine\n// TO" + "DO: later\n", 2), ("src/a/a.h", "// ONNX Runtime, later" + " our own encoder.\n", 1),
         ("src/a/a.cc", "// Later," + " we read it.\n", 1), ("tools/a.py", "# not yet" + " supported\n", 1)],
        {"src/a/a.cc": "// todo el mundo\n// Later ones win; what is added later is not seen.\n"}),
    "flags_in_library": Rule(
        flags_in_library,
        [("src/a/a.cc", '// --fine\nF("it exists (--overwrite)");\n', 2), ("src/a/a.cc", 'F("it is "\n  "gone; try "\n  "--model");\n', 3),
         ("src/a/a.cc", 'F("run vetor pull X --weights; then --model X");\n', 1)],
        {"src/a/a.cc": 'F("run vetor export X "\n  "--output NEW; set option overwrite");\nF("--" + name, "color:var(--ink)");\n// "--x"\n',
         "cli/a.cc": 'F("--model");\n'}),
    "test_names": Rule(
        test_names,
        [("tests/a/a_test.cc", "\nTEST_F(A, WhatIsNoGraphIsRefused) {\n", 2), ("tests/a/a_test.cc", "TEST(A,\n     SizesThatAreNoSizes) {\n", 1)],
        {"tests/a/a_test.cc": "TEST(A, AFileThatIsNotAGraphIsRefused) {\nTEST(A, ThereIsNoHit) {\nTEST(A, AFileAloneHasNoMaximum) {\n"}),
    "system_calls": Rule(
        system_calls,
        [("src/cache/a.cc", "#include <sys/mman.h>\n", 1), ("src/os/file.cc", "#include <sys/mman.h>\n", 1),
         ("src/os/file.h", "#include <sys/mman.h>\n", 1), ("src/backend/onnx/a.cc", "void F() {\n  ::dlopen(0, 1);\n}\n", 2),
         ("src/hub/a.cc", "stream.reset(std::fopen(p, mode));\n", 1), ("python/a.cc", "#include <unistd.h>\n", 1),
         ("src/base/a.h", "#include <string>\n#include <fstream>\n", 2), ("src/base/a.cc", "#include <thread>\n", 1),
         ("src/base/a.cc", "int c = std::remove(path);\n", 1), ("src/model/a.cc", "std::ifstream file(path);\n", 1),
         ("src/model/a.cc", "std::basic_ofstream<char> file(path);\n", 1), ("src/model/a.cc", "auto e = getenv(name);\n", 1),
         ("src/model/a.cc", "int d = std::system(line);\n", 1), ("src/cache/a.cc", "::kill(id, 9);\n", 1),
         ("src/cache/a.h", "std::thread thread_;\n", 1), ("src/cache/a.cc", "std::jthread([] {}).detach();\n", 1)],
        {"src/os/file_posix.cc": "#include <sys/mman.h>\n", "src/cache/a.cc": "// dlopen( is in os\nx.flock();\nqueue.kill(1);\n",
         "src/os/log.cc": "#include <thread>\nstd::thread t;\n", "src/model/a.cc": "GetEnvironment(name);\nstd::this_thread::yield();\n",
         "tests/a/a_test.cc": "std::ifstream file(path);\n", "src/base/a.cc": "#include <cstdlib>\nstd::abs(a);\n"}),
    "no_throw_no_exit": Rule(
        no_throw_no_exit,
        [("src/a/a.cc", "void F() {\n  throw 1;\n}\n", 2), ("src/a/a.cc", "void F() {\n  std::exit(1);\n}\n", 2)],
        {"src/a/a.cc": '// throw\nauto s = "throw";\nloop.exit();\n', "cli/main.cc": "std::exit(2);\n"}),
    "file_system_errors": Rule(
        file_system_errors,
        [("src/a/a.cc", "void F() {\n  if (std::filesystem::exists(G(a, b))) return;\n}\n", 2),
         ("cli/a.cc", "fs::rename(from,\n           to);\n", 1), ("src/a/a.cc", "fs::last_write_time(path, Now(error));\n", 1),
         ("python/a.cc", "for (fs::directory_iterator it(folder), end; it != end;) {}\n", 1),
         ("src/a/a.cc", "std::error_code error;\nfor (const auto& entry : fs::directory_iterator(folder, error)) {}\n", 2),
         ("src/a/a.cc", "bool b = entry->is_symlink();\n", 1)],
        {"src/a/a.cc": "fs::exists(path, error);\nfs::is_directory(status);\nfs::exists(fs::status(p, none));\n"
                       "for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {}\n"
                       "fs::path p = fs::path(a) / b;\n// fs::remove(path)\nentry->is_symlink(ignored);\n",
         "tests/a/a_test.cc": "fs::remove_all(folder);\n"}),
    "tests_do_not_wait": Rule(
        tests_do_not_wait,
        [("tests/a/a_test.cc", "\nstd::this_thread::sleep_for(1ms);\n", 2),
         ("tests/python/test_a.py", "import time\n    time.sleep(1)\n", 2),
         ("tests/python/test_a.py", "from time import perf_counter, sleep\n", 1)],
        {"tests/a/a_test.cc": "// sleep_for\n", "tests/python/test_a.py": "await asyncio.sleep(0)  # gives way\n# time.sleep(1)\n", "src/a/a.cc": "std::chrono::steady_clock::now();\n"}),
    "temporary_folders": Rule(
        temporary_folders,
        [("tests/a/a_test.cc", "\nconst auto path = ::testing::TempDir() + \"a\";\n", 2),
         ("tests/a/a.h", "fs::temp_directory_path()\n", 1)],
        {"tests/a/a_test.cc": "const TemporaryFolder folder;  // Not TempDir().\n",
         "tests/fuzz/a_fuzzer.cc": "fs::temp_directory_path()\n"}),
    "page_links": Rule(
        page_links,
        [("docs/a.md", "one\nsee [b](b.md)\n", 2), ("docs/a.md", "# Top\n\n[x](#bottom)\n", 3),
         ("README.md", "[a](docs/a.md#speed)\n", 1)],
        {"README.md": "[a](docs/a.md#how-fast-is-it) [b](https://sbert.net) [c](docs)\n```\n[d](none.md)\n```\n`[e](none.md)`\n",
         "docs/a.md": "# How fast is it?\n[up](../README.md)\n"}),
    "fault_rows": Rule(
        fault_rows,
        [("tests/a/a_test.cc", "\nTEST(A, Row7Fails) {\n", 2, {"docs/faults.md": "**8. Eight** `A.Row7Fails`\n"}),
         ("docs/faults.md", "**7. Seven** `A.Row7Fails`\n", 1)],
        {"docs/faults.md": "**7. Seven**, of `config.json`:\n`A.Row7*`\n",
         "tests/a/a_test.cc": "TEST_F(A, Row7Fails) {\nTEST(A, Other) {\n"}),
    "page_paths": Rule(
        page_paths, [("docs/a.md", "see\n`src/a/gone.cc`\n", 2), ("ARCHITECTURE.md", "`head/gone.h`\n", 1)],
        {"docs/a.md": "`src/a/b.cc`, `a/b.cc`, `python/AREA_binding.cc`, `onnx/model.onnx`\n```\n`src/gone.cc`\n```\n", "src/a/b.cc": ""}),
}
