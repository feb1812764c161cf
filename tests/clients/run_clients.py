"""Runs the official clients of the services that vetor's server stands in for, unchanged, against `vetor serve`.

    run_clients.py --vetor build/vetor --work .deps/clients [--only openai,python,node,go,java] [--skip-missing] [--note FILE]

It installs the clients (pinned) below --work, starts the server with a tiny model on a free port, gives each client's program
texts and their vectors as `vetor embed` gives them, and prints one line per call. It ends with 1 if one was wrong. With
--skip-missing a toolchain that this machine lacks is a line; without, it is a failure. With --note a run that has no client
says why in FILE and ends with 77, for ctest. "openai" is a part of "python", for `make test`: it installs in some seconds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from toolchains import TOOLCHAINS, NotHereError, PrepareError

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "server"))
from serve_process import ServeError, ServeProcess  # noqa: E402

MODEL = ROOT / "tests" / "data" / "model" / "tiny-bert"
NAME = "tiny"
TEXTS = ["GP de São Paulo", "Brazilian Grand Prix", "Großer Preis von Brasilien", "", "日本グランプリ 🏁"]
CLIENT_SECONDS = 300


def expected_vectors(vetor, *flags):
    """The texts' vectors by another way than the server: the command."""
    lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
    done = subprocess.run([vetor, "embed", "--model", MODEL, "--no-cache", "--quiet", "--input-format", "jsonl",
                           "--format", "jsonl", *flags], input=lines, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"vetor embed ended with {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line)["embedding"] for line in done.stdout.splitlines()]


def start_server(vetor):
    try:
        return ServeProcess(vetor, ["--model", f"{NAME}={MODEL}", "--no-cache"])
    except ServeError as error:
        sys.exit(str(error))


def run_client(client, case):
    """The version of the client, and [(call, why it was wrong or "")]."""
    environment = {**os.environ, "VETOR_CLIENTS_CASE": str(case), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    try:
        done = subprocess.run([str(part) for part in client.command], cwd=client.folder, env=environment, capture_output=True,
                              text=True, timeout=CLIENT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "?", [("the program", f"it took more than {CLIENT_SECONDS} s")]
    version, calls = "?", []
    for line in done.stdout.splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        version = told.get("version", version)
        if "call" in told:
            calls.append((told["call"], told["why"]))
    if done.returncode not in (0, 1) or not calls or (done.returncode == 1) != any(why for _, why in calls):
        end = "\n".join(done.stderr.strip().splitlines()[-5:])
        calls.append(("the program", f"it ended with {done.returncode}: {end}"))
    return version, calls


def prepared_clients(arguments, table):
    clients = []
    for toolchain in TOOLCHAINS:
        if toolchain.name not in arguments.only.split(",") if arguments.only else toolchain.named:
            continue
        missing = toolchain.missing()
        if missing:
            table.skip(toolchain.name, f"{missing} is not installed", arguments.skip_missing)
            continue
        try:
            clients += toolchain.prepare(arguments.work.resolve())
        except NotHereError as error:
            table.skip(toolchain.name, str(error), arguments.skip_missing)
        except PrepareError as error:
            table.add(toolchain.name, "", "installing", f"WRONG: {error}", False)
    return clients


class Table:
    """Prints a line per result as it comes, and remembers whether all were right."""

    def __init__(self):
        self.right, self.wrong, self.skipped = 0, 0, []
        print(f"{'client':30} {'version':22} {'call':32} result", flush=True)

    def add(self, client, version, call, result, is_right):
        self.right += is_right
        self.wrong += not is_right
        print(f"{client:30} {version:22} {call:32} {result}", flush=True)

    def skip(self, toolchain, why, is_right):
        self.add(toolchain, "", "", f"skipped: {why}" if is_right else f"WRONG: {why}", is_right)
        self.skipped.append(f"official clients ({toolchain}) skipped: {why}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vetor", type=Path, required=True, help="the command")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is installed")
    parser.add_argument("--only", default="", help="toolchains, separated by commas")
    parser.add_argument("--skip-missing", action="store_true", help="a missing toolchain is not a failure")
    parser.add_argument("--note", type=Path, help="file for why no client ran; the exit code is 77 then")
    arguments = parser.parse_args()
    vetor = arguments.vetor.resolve()
    arguments.work.mkdir(parents=True, exist_ok=True)
    table = Table()
    clients = prepared_clients(arguments, table)
    if arguments.note:
        arguments.note.unlink(missing_ok=True)
        if not clients and not table.wrong:
            arguments.note.write_text("".join(f"test: {line}\n" for line in table.skipped), encoding="utf-8")
            sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(vetor)
        case = Path(folder, "case.json")
        case.write_text(json.dumps({
            "url": server.url, "model": NAME, "texts": TEXTS, "vectors": expected_vectors(vetor),
            "query_vectors": expected_vectors(vetor, "--prompt-name", "query"),
            "passage_vectors": expected_vectors(vetor, "--prompt-name", "passage"),
        }), encoding="utf-8")
        for client in clients:
            version, calls = run_client(client, case)
            for call, why in calls:
                table.add(client.name, version, call, f"WRONG: {why}" if why else "ok", not why)
        code = server.stop()
        (arguments.work / "server.log").write_text("".join(server.messages), encoding="utf-8")
        table.add("vetor serve", "", "SIGTERM", "ok" if code == 0 else f"WRONG: exit code {code}", code == 0)
    print(f"clients: {table.right} passed, {table.wrong} failed")
    sys.exit(1 if table.wrong else 0)


if __name__ == "__main__":
    main()
