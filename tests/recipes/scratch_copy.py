"""A copy of the code in a temporary folder, to which a recipe's edits are made and in which files are compiled."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "rules"))

import house_rules  # noqa: E402
import tree as project_tree  # noqa: E402

COPIED = ("include", "src", "tools/settings", "docs", "python")


class Failed(Exception):
    """Raised if a recipe does not hold: the edits do not fit, a file does not compile, or a rule is broken."""


class Page:
    """The table of ARCHITECTURE.md that says which files a change touches."""

    def __init__(self, text):
        self.rows = {}
        for line in text.split("\n"):
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            if len(cells) == 3:
                self.rows[cells[0].strip()] = cells[2]

    def files(self, title, name):
        """Returns the paths that the row names (a folder ends with '/'), with NAME replaced, and the row's words for files that
        it names without a path."""
        row = next((cell for said, cell in self.rows.items() if said.startswith(title)), None)
        if row is None:
            raise Failed(f'ARCHITECTURE.md has no row "{title}" under "Where do I put"')
        paths = [path.replace("NAME", name) for path in re.findall(r"`([\w./*]+)`", row)]
        elsewhere = ("include/", "cli/", "python/", "tools/", "tests/", "docs/")
        return [path if path.startswith(elsewhere) else "src/" + path for path in paths], re.sub(r"`[^`]*`", "", row)


def is_named(edit, paths, words):
    """Whether the page tells a reader to touch the file of `edit`."""
    if edit.said_as:
        return edit.said_as in words
    return any(edit.path == path or path.endswith("/") and edit.path.startswith(path) for path in paths)


class ScratchCopy:
    def __init__(self, folder, build, ninja):
        self.folder, self.build, self.ninja = Path(folder), Path(build).resolve(), ninja
        for part in COPIED:
            shutil.copytree(ROOT / part, self.folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        commands = json.loads((self.build / "compile_commands.json").read_text(encoding="utf-8"))
        self.commands = {}
        for command in commands:
            file = Path(command["directory"], command["file"])
            # Files that are compiled together (VETOR_UNITY) have the command of the one that includes them.
            together = re.findall(r'^#include "(.*\.cc)"$', file.read_text(encoding="utf-8"), re.M) if file.parent.name == "Unity" else [file]
            self.commands.update({str(path): command for path in together})
        self.edited = {}

    def restore(self):
        for path in self.edited:
            target = self.folder / path
            if (ROOT / path).exists():
                shutil.copy(ROOT / path, target)
            else:
                shutil.rmtree(target.parent, ignore_errors=True)
        self.edited = {}

    def apply(self, edit):
        target = self.folder / edit.path
        if edit.content is not None:
            if target.exists():
                raise Failed(f"{edit.path} is there already; give the recipe's example another name")
            target.parent.mkdir(parents=True, exist_ok=True)
            text = edit.content
        else:
            text = target.read_text(encoding="utf-8")
            for old, new in edit.changes:
                if text.count(old) != 1:
                    raise Failed(f"{edit.path}: the recipe's edit no longer fits, {text.count(old)} times: {old!r}")
                text = text.replace(old, new)
        target.write_text(text, encoding="utf-8")
        self.edited[edit.path] = text

    def flags_of(self, path):
        """The command of this file, or of a neighbour in its room for one that is new; from the scratch copy's headers."""
        room = "/".join(path.split("/")[:2]) + "/"
        known = [str(ROOT / path)] + sorted(file for file in self.commands if file.startswith(f"{ROOT}/{room}"))
        command = next((self.commands[file] for file in known if file in self.commands), None)
        if command is None:
            raise Failed(f"compile_commands.json of {self.build} knows no file of {room}: build it with tests first")
        words = shlex.split(command["command"])
        places = {f"-I{ROOT / part}": f"-I{self.folder / part}" for part in ("include", "src")}
        words = [places.get(word, f"-I{self.folder}" if word == f"-I{ROOT}" else word) for word in words]
        place = words.index("-o")
        del words[place:place + 2]
        return [word for word in words if word not in ("-c", command["file"])], command["directory"]

    def compile(self, path, output=None):
        """Checks a file, or compiles it to `output`."""
        flags, directory = self.flags_of(path)
        goal = ["-c", "-o", str(output)] if output else ["-fsyntax-only"]
        self.run(flags + ["-Werror=switch"] + goal + [str(self.folder / path)], directory, f"{path} does not compile")

    def run(self, words, directory, what):
        done = subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{what}:\n{done.stdout}{done.stderr}"[:4000])

    def write_settings(self):
        """Does what `make settings` does: runs the generator with the scratch copy's table, linked as the build links it."""
        link = subprocess.run([self.ninja, "-C", str(self.build), "-t", "commands", "tests/config/write_settings"],
                              capture_output=True, text=True, check=False)
        if link.returncode != 0:
            raise Failed(f"{self.build} is not a build folder of Ninja with tests: {link.stdout}{link.stderr}")
        words = shlex.split(link.stdout.strip().split("\n")[-1])
        words = words[words.index("&&") + 1:]
        words = words[:words.index("&&")]
        table, generator = self.folder / "settings_table.o", self.folder / "write_settings"
        self.compile("src/config/settings_table.cc", table)
        words[words.index("-o") + 1] = str(generator)
        # It stands before the libraries, whose old table may lie in one object with other files that are needed.
        words[words.index("-o"):words.index("-o")] = [str(table), "-Wl,--allow-multiple-definition"]
        self.run(words, self.build, "the generator of the settings does not link")
        self.run([str(generator), str(self.folder)], self.folder, "the generator of the settings fails")

    def text(self, path):
        return (self.folder / path).read_text(encoding="utf-8")

    def check_used(self, word, room):
        """Checks that some file of src/ outside of `room` uses it; otherwise it would have no effect."""
        whole_word = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        users = [path for path in (self.folder / "src").rglob("*.cc")
                 if whole_word.search(path.read_text(encoding="utf-8")) and not str(path).startswith(f"{self.folder}/src/{room}/")]
        if not users:
            raise Failed(f"nothing outside src/{room}/ uses {word}")

    def check_rules(self, tree):
        """Checks the house rules over the project with the edits in it."""
        edited = {**tree, **self.edited}
        for name, rule in house_rules.RULES.items():
            for violation in rule.check(edited):
                raise Failed(f"{violation.path}:{violation.line}: {name}: {violation.message}")


def read_project():
    return project_tree.read_tree(ROOT)
