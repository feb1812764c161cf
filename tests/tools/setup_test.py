"""Tests tools/setup.sh with made-up dpkg-query, apt and python3: what it installs, when it calls no program, what it says."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SETUP = Path(__file__).resolve().parent.parent.parent / "tools/setup.sh"

FAKES = {
    "dpkg-query": 'for name; do :; done\n grep -qx "$name" "$STATE/installed" && printf installed || exit 1',
    "apt-get": 'echo "apt-get $*" >> "$STATE/calls"\n[ ! -e "$STATE/offline" ] || { echo "E: no route" >&2; exit 100; }',
    "apt-cache": 'grep -qx "$2" "$STATE/offered" && echo "$2 | 1.0"; exit 0',
    "sudo": 'echo sudo >> "$STATE/calls"; exec "$@"',
    "id": 'echo "${FAKE_UID:-0}"',
    # Stands for `python3 tools/fetch.py`: says what it was asked for.
    "python3": 'case "$*" in *--clients*) cat "$STATE/clients" ;; "-m pip"*) [ ! -e "$STATE/no-pip" ] ;;'
               ' *) echo "fetch $*" >> "$STATE/calls" ;; esac',
}
BUILD = ["g++", "cmake", "ninja-build", "libboost1.81-dev", "libsqlite3-dev", "libfmt-dev", "libspdlog-dev", "libcli11-dev",
         "libxxhash-dev", "libssl-dev", "libcurl4-openssl-dev", "libprotozero-dev", "zlib1g-dev", "libzstd-dev"]
BASIC = ("bash", "dirname", "mktemp", "grep", "tail", "rm", "cat", "env")


class SetupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = Path(folder.name, "state")
        self.programs = Path(folder.name, "programs")
        self.state.mkdir()
        self.programs.mkdir()
        for name in BASIC:
            (self.programs / name).symlink_to(shutil.which(name))
        for name, body in FAKES.items():
            program = self.programs / name
            program.write_text("#!/bin/sh\n" + body + "\n")
            program.chmod(0o755)
        self.write("installed", BUILD)
        self.write("offered", BUILD + ["libboost1.83-dev", "maven", "python3-pip"])
        self.write("clients", [])

    def write(self, name, lines):
        (self.state / name).write_text("".join(line + "\n" for line in lines))

    def run_setup(self, *purpose, **environment):
        return subprocess.run(["bash", str(SETUP), *(purpose or ("build",))], capture_output=True, text=True, check=False,
                              env={"PATH": str(self.programs), "STATE": str(self.state), "TMPDIR": str(self.state),
                                   **environment})

    def calls(self):
        path = self.state / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def apt_calls(self):
        return [call for call in self.calls() if call.startswith("apt-get")]

    def test_with_everything_here_apt_is_not_called(self):
        done = self.run_setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.calls(), ["fetch tools/fetch.py runtime headers"])

    def test_run_fetches_the_named_model_too(self):
        self.run_setup("run", "minilm-weights")
        self.assertEqual(self.calls(), ["fetch tools/fetch.py runtime headers minilm-weights"])

    def test_installs_only_what_is_missing(self):
        self.write("installed", [name for name in BUILD if name not in ("cmake", "libfmt-dev")])
        done = self.run_setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.apt_calls()[-1],
                         "apt-get install --yes --quiet --no-install-recommends cmake libfmt-dev")

    def test_takes_the_boost_that_the_distribution_offers(self):
        self.write("installed", [name for name in BUILD if "boost" not in name])
        self.write("offered", ["libboost1.83-dev"])
        self.run_setup()
        self.assertTrue(self.apt_calls()[-1].endswith(" libboost1.83-dev"), self.calls())

    def test_a_user_goes_through_sudo(self):
        self.write("installed", BUILD[1:])
        done = self.run_setup(FAKE_UID="1000")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.calls()[0], "sudo")

    def test_a_user_without_sudo_is_told_the_command(self):
        self.write("installed", BUILD[1:])
        (self.programs / "sudo").unlink()
        done = self.run_setup(FAKE_UID="1000")
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get install --no-install-recommends g++", done.stderr)

    def test_without_network_it_says_which_step_why_and_what_to_do(self):
        self.write("installed", BUILD[1:])
        (self.state / "offline").touch()
        done = self.run_setup()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"(?s)step: +apt-get update.*why: +E: no route.*remedy: +check the network")
        self.assertFalse([call for call in self.calls() if call.startswith("fetch")])

    def test_a_package_that_apt_does_not_offer_is_named(self):
        self.write("installed", BUILD[:-1])
        self.write("offered", [])
        done = self.run_setup()
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"apt offers none of: {BUILD[-1]}", done.stderr)

    def test_clients_are_installed_only_where_a_download_needs_them(self):
        self.write("clients", ["pip mvn"])
        (self.state / "no-pip").touch()
        done = self.run_setup("run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.apt_calls(), [
            "apt-get update --quiet", "apt-get install --yes --quiet --no-install-recommends python3-pip maven"])

    def test_a_program_from_elsewhere_needs_no_package(self):
        self.write("offered", ["nodejs", "npm", "chromium"])
        self.write("installed", BUILD + ["libgtest-dev", "libgmock-dev", "python3-dev", "python3-venv"])
        for name in ("node", "npm"):
            (self.programs / name).symlink_to(shutil.which("true"))
        done = self.run_setup("check")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([call.split()[-1] for call in self.apt_calls() if " install " in call], ["chromium"])

    def test_packages_can_be_left_alone(self):
        self.write("installed", [])
        done = self.run_setup(VETOR_SKIP_PACKAGES="1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.apt_calls(), [])

    def test_an_unknown_purpose_is_a_usage_error(self):
        self.assertEqual(self.run_setup("everything").returncode, 2)


if __name__ == "__main__":
    unittest.main()
