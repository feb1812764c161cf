"""Rules for what code may do. Each is a function from a tree to violations, as in house_rules.py; exceptions stand beside it."""

import re

import cpp_reader
from tree import Violation, select

CPP = (".h", ".cc")

SYSTEM_HEADERS = re.compile(r"(sys|mach|linux|netinet|arpa)/.*|(unistd|fcntl|dlfcn|sched|pthread|poll|windows|termios|netdb|spawn"
                            r"|dirent|signal|malloc)\.h")
SYSTEM_CALLS = re.compile(r"(?<![\w.>])(?:::)?(dlopen|dlsym|mmap|munmap|fork|vfork|execv\w*|flock|fsync|sysconf"
                          r"|sched_\w+affinity|pthread_\w+|syscall|ioctl|(?:std::)?f(?:re)?open)\s*\(")
SYSTEM_FILES = re.compile(r"src/os/\w+_(posix|win)\.cc")
SYSTEM_EXCEPTIONS = {  # path: reason
    "cli/streams/byte_stream.cc": "standard input and output of the command are descriptors, read with poll so that Ctrl-C is heard",
    "cli/streams/interrupt.cc": "signals belong to the process, and only the command owns one",
    "cli/output/progress.cc": "a progress bar asks whether standard error is a terminal",
}


# Parts of the standard library that call the system, for which src/os has functions of its own.
STANDARD_USES = re.compile(r"\bstd::(?:basic_)?[io]?fstream\b|\bstd::(?:basic_)?filebuf\b|\bstd::j?thread\b(?!::id\b)|\bstd::async\b"
                           r"|(?<![\w.>:])(?:std::|::)?(?:secure_)?getenv\s*\(|(?<![\w.>:])(?:::)?(?:set|unset|put)env\s*\("
                           r"|\bstd::(?:system|signal|raise)\s*\(|(?<![\w.>:])::kill\s*\(")
STANDARD_EXCEPTIONS = {}  # path: reason
# base/ reads no file and calls no system, so it has no use for these at all.
BASE_HEADERS = {"fstream", "iostream", "filesystem", "thread", "stop_token", "future", "chrono", "csignal", "ctime"}
BASE_USES = re.compile(r"\bstd::(?:remove|rename|tmpfile|time|clock|puts|printf)\s*\(|\bstd(?:out|err|in)\b|\bstd::filesystem\b")
BASE_EXCEPTIONS = {  # path: reason
    "src/base/process_end.cc": "EndProcess writes its two lines to standard error before the process ends",
}


def system_calls(tree):
    """Only files of src/os that name the system call the operating system; a port adds a second file beside each."""
    for path, text in select(tree, ("include/", "src/", "cli/", "python/"), CPP):
        if SYSTEM_FILES.fullmatch(path) or path in SYSTEM_EXCEPTIONS:
            continue
        for include in cpp_reader.includes(text):
            if SYSTEM_HEADERS.fullmatch(include.name):
                yield Violation(path, include.line, f"<{include.name}> outside src/os/*_posix.cc")
            if path.startswith("src/base/") and include.name in BASE_HEADERS:
                yield Violation(path, include.line, f"<{include.name}> in base/, which knows no file, thread or clock")
        code = cpp_reader.code_only(text)
        for call in SYSTEM_CALLS.finditer(code):
            yield Violation(path, cpp_reader.line_of(code, call.start(1)), f"{call.group(1)} outside src/os/*_posix.cc")
        yield from standard_uses(path, code)


def standard_uses(path, code):
    if path.startswith(("include/", "src/")) and not path.startswith("src/os/") and path not in STANDARD_EXCEPTIONS:
        for use in STANDARD_USES.finditer(code):
            yield Violation(path, cpp_reader.line_of(code, use.start()), f"{use.group(0)} outside src/os: it has one of ours")
    if path.startswith("src/base/") and path not in BASE_EXCEPTIONS:
        for use in BASE_USES.finditer(code):
            yield Violation(path, cpp_reader.line_of(code, use.start()), f"{use.group(0)} in base/, which calls no system")


THROWING = re.compile(r"(?<![\w.>:])(throw\b|(?:std::)?(?:exit|abort|terminate|quick_exit|_Exit|_exit)\s*\()")
THROWING_EXCEPTIONS = {  # path: reason
    "src/formats/proto_message.h": "joins protozero's own errors; the rooms that read with it catch both at their edge",
    "src/base/process_end.cc": "EndProcess: the value of a Result that is an error was taken, or a service was destroyed by its own"
                               " worker, and nothing right can follow",
}


def no_throw_no_exit(tree):
    """The library reports by Status: it throws nothing and never ends the process.

    One exception, in src/base/process_end.cc, for two mistakes of a program: the value of a Result that is an error was
    taken, and a service was destroyed by its own worker."""
    for path, text in select(tree, ("include/", "src/"), CPP):
        if path in THROWING_EXCEPTIONS:
            continue
        code = cpp_reader.code_only(text)
        for found in THROWING.finditer(code):
            yield Violation(path, cpp_reader.line_of(code, found.start(1)), f"{found.group(1)}: return a Status")


FILE_SYSTEM_CALL = re.compile(
    r"\b(?:std::filesystem|fs)::(absolute|canonical|weakly_canonical|relative|proximate|copy|copy_file|copy_symlink|create_\w+"
    r"|current_path|equivalent|exists|file_size|hard_link_count|is_\w+|last_write_time|permissions|read_symlink|remove"
    r"|remove_all|rename|resize_file|space|status|symlink_status|temp_directory_path|(?:recursive_)?directory_iterator"
    r"|directory_entry)\b(?:\s+\w+)?\s*\(")
FILE_SYSTEM_MEMBER = re.compile(r"(?:\.|->)(exists|is_directory|is_regular_file|is_symlink|is_other|file_size|last_write_time"
                                r"|hard_link_count|refresh|symlink_status)\s*\(\s*\)")
THROWING_STEP = re.compile(r"for\s*\([^;()]*(?<!:):(?!:)[^;]*\b(\w*directory_iterator)\b")
ERROR_ARGUMENT = re.compile(r"\w*(error|ignored|none|unreadable)\w*")  # what an std::error_code is called here


def file_system_errors(tree):
    """No call of std::filesystem throws: each takes an std::error_code, named error, ignored, none or unreadable."""
    for path, text in select(tree, ("include/", "src/", "cli/", "python/"), CPP):
        code = cpp_reader.code_only(text)
        for found in FILE_SYSTEM_CALL.finditer(code):
            arguments = cpp_reader.arguments(code, found.end() - 1)
            # Questions to a file_status need no system call.
            known = found.group(1).startswith(("is_", "exists")) and re.search(r"status(\(.*\))?$", "".join(arguments))
            if arguments and not known and not ERROR_ARGUMENT.fullmatch(arguments[-1]):
                yield Violation(path, cpp_reader.line_of(code, found.start()), f"{found.group(1)} without an error_code throws")
        for pattern in (FILE_SYSTEM_MEMBER, THROWING_STEP):
            for found in pattern.finditer(code):
                yield Violation(path, cpp_reader.line_of(code, found.start()), f"{found.group(1)} throws; give it an error_code")


WAITING = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|(?:steady|system|high_resolution)_clock::now)\b")
PYTHON_WAITING = re.compile(r"^[^#\n]*?\b(time\.sleep\(|asyncio\.sleep\((?!0\))|from time import\b.*\bsleep\b)", re.MULTILINE)
WAITING_EXCEPTIONS = {
    "tests/soak/cache_soak.py": "kills its workers at random moments for half an hour",
}


def tests_do_not_wait(tree):
    """No test sleeps or reads the clock: it would fail on a slow machine."""
    for path, text in select(tree, ("tests/",), CPP):
        if path in WAITING_EXCEPTIONS:
            continue
        code = cpp_reader.code_only(text)
        for found in WAITING.finditer(code):
            yield Violation(path, cpp_reader.line_of(code, found.start(1)), f"{found.group(1)} in a test")
    for path, text in select(tree, ("tests/",), (".py",)):
        if path in WAITING_EXCEPTIONS or path.startswith("tests/rules/"):
            continue
        for found in PYTHON_WAITING.finditer(text):
            yield Violation(path, cpp_reader.line_of(text, found.start(1)), "a test sleeps")


TEMPORARY = re.compile(r"\b(TempDir|temp_directory_path)\s*\(")
TEMPORARY_EXCEPTIONS = {  # path: reason
    "tests/support/temporary_folder.h": "makes the folder that the others use",
    "tests/cli/spawned_command.cc": "its file has no name, and so goes with the process even if that is killed",
    "tests/os/disk_space_test.cc": "asks how much room the file system has, and writes nothing",
    "tests/benchmark/run_benchmark_test.cc": "the benchmark makes a folder of its own in the one that it is given",
    "tests/tokenizer/answers_test.cc": "what differs stays after the test for a person to see",
    "tests/tokenizer/regex_answers_test.cc": "what differs stays after the test for a person to see",
}


def temporary_folders(tree):
    """A test's files are in a TemporaryFolder: a fixed path belongs to the test that runs beside it, too."""
    for path, text in select(tree, ("tests/",), CPP):
        if path in TEMPORARY_EXCEPTIONS or path.startswith("tests/fuzz/"):
            continue
        code = cpp_reader.code_only(text)
        for found in TEMPORARY.finditer(code):
            yield Violation(path, cpp_reader.line_of(code, found.start(1)), f"{found.group(1)}: use tests/support/temporary_folder.h")
