"""Looks at the files of deploy/ with the tools that judge such files. Each check takes a tool; one that this machine lacks is
a line that says so, and not a failure.

    deploy_test.py [--vetor build/vetor] [--python PYTHON]    PYTHON: an interpreter that has kubernetes-validate and PyYAML
"""

import argparse
import http.server
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"


class Skipped(Exception):
    """A tool is missing; the text names it."""


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def find_tool(name, beside=None):
    """The program, on the path or beside a Python interpreter that pip installed it for."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(beside).parent) if beside else None)
    if found is None:
        raise Skipped(f"{name} is not installed")
    return found


def run(command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    expect(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr).strip()}")
    return done.stdout + done.stderr


def systemd_units(arguments):
    """systemd-analyze reads every line; a stand-in takes the place of the command, which is not installed here."""
    analyze = find_tool("systemd-analyze")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "vetor")
        program.write_text("#!/bin/sh\n", encoding="utf-8")
        program.chmod(0o755)
        shutil.copytree(DEPLOY / "systemd", folder, dirs_exist_ok=True)
        service = Path(folder, "vetor.service")
        service.write_text(service.read_text(encoding="utf-8").replace("/usr/local/bin/vetor", str(program)), encoding="utf-8")
        said = run([analyze, "verify", "--man=no", service, Path(folder, "vetor.socket")])
        ours = [line for line in said.splitlines() if "vetor" in line]
        expect(not ours, "\n".join(ours))
        exposure = run([analyze, "security", "--offline=true", "--threshold=25", service])
        expect("exposure level" in exposure, exposure)


def systemd_config(arguments):
    """The settings that the unit names are settings."""
    config = json.loads((DEPLOY / "systemd" / "config.json").read_text(encoding="utf-8"))
    expect(set(config) == {"ai"} and "server" in config["ai"], f"keys {list(config)}")
    if arguments.vetor is None:
        raise Skipped("no command was given (--vetor)")
    said = run([arguments.vetor, "config", "--config", DEPLOY / "systemd" / "config.json"])
    expect("valid, 0 warnings" in said, said)


def dockerfile_lint(arguments):
    run([find_tool("hadolint", arguments.python), DEPLOY / "docker" / "Dockerfile"])


def dockerfile_libraries(arguments):
    """The image installs the package of every library that the command is linked to."""
    if arguments.vetor is None:
        raise Skipped("no command was given (--vetor)")
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    if "VERSION_CODENAME=bookworm" not in release:
        raise Skipped("the image is of Debian 12, this machine is not")
    text = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8")
    installed = set(re.search(r"(ca-certificates libcurl4[^\\]*)", text).group(1).split()) | {"libc6", "libgcc-s1"}
    # What apt installs with them.
    depends = run(["apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks",
                   "--no-replaces", "--no-enhances", *sorted(installed)])
    installed |= set(re.findall(r"Depends: ([\w.+-]+)", depends))
    linked = re.findall(r"^\s*NEEDED\s+(\S+)", run(["objdump", "-p", arguments.vetor]), re.MULTILINE)
    paths = dict(re.findall(r"(\S+) => (\S+)", run(["ldd", arguments.vetor])))
    for library in linked:
        owner = run(["dpkg", "-S", Path(paths[library]).name] if library in paths else ["dpkg", "-S", library])
        owners = {line.split(":")[0] for line in owner.splitlines()}
        expect(owners & installed, f"{library} is of {sorted(owners)}, which the image does not install")


def image_health_check(arguments):
    """It succeeds with 200 and fails with 503 and where nobody listens."""
    bash = find_tool("bash")

    class Ready(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            self.send_response(Ready.status if self.path == "/ready" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    def ask(port):
        return subprocess.run([bash, DEPLOY / "docker" / "is_ready.sh", str(port)], capture_output=True, check=False).returncode

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        expect(ask(port) == 0, "it fails although /ready answers 200")
        Ready.status = 503
        expect(ask(port) != 0, "it succeeds although /ready answers 503")
        server.shutdown()
    expect(ask(port) != 0, "it succeeds although nobody listens")


def kubernetes_manifest(arguments):
    """Against the schemas of the newest Kubernetes that the validator knows, without unknown keys."""
    validator = find_tool("kubernetes-validate", arguments.python)
    run([validator, "--strict", DEPLOY / "kubernetes" / "vetor.yaml"])


def kubernetes_probes(arguments):
    """Liveness asks for the process alone: a model that loads must not be killed."""
    text = (DEPLOY / "kubernetes" / "vetor.yaml").read_text(encoding="utf-8")
    for probe, path in (("livenessProbe", "/live"), ("readinessProbe", "/ready"), ("startupProbe", "/ready")):
        expect(re.search(rf"{probe}:\s+httpGet: {{path: {path}, port: http}}", text), f"{probe} does not ask {path}")


def nginx_syntax(arguments):
    nginx = find_tool("nginx")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tls").mkdir()
        pair = Path(folder, "tls", "embeddings.example")
        run([find_tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
             "-subj", "/CN=embeddings.example", "-keyout", f"{pair}.key", "-out", f"{pair}.pem"])
        frame = Path(folder, "nginx.conf")
        frame.write_text(f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n  access_log off;\n"
                         f"  include {DEPLOY}/nginx/vetor.conf;\n}}\n", encoding="utf-8")
        run([nginx, "-t", "-p", folder, "-c", frame, "-e", "stderr"])


CHECKS = (systemd_units, systemd_config, dockerfile_lint, dockerfile_libraries, image_health_check, kubernetes_manifest,
          kubernetes_probes, nginx_syntax)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vetor", type=Path)
    parser.add_argument("--python", type=Path)
    arguments = parser.parse_args()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for check in CHECKS:
        try:
            check(arguments)
            result, why = "passed", ""
        except Skipped as reason:
            result, why = "skipped", f": {reason}"
        except AssertionError as reason:
            result, why = "failed", f": {reason}"
        counts[result] += 1
        print(f"deploy {check.__name__}: {result}{why}", flush=True)
    print(f"deploy: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
