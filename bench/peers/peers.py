"""The peers, their configurations and their installs; the files that have to be made for some of them."""
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass

TIMEOUT = 1800
LLAMA_CPP = "0.3.36"


@dataclass(frozen=True)
class Config:
    name: str  # As the peer's script takes it.
    precision: str  # Of the multiplications: "fp32", "bf16" or "int8".
    part: int = 1  # Slow ones run the first 1/part of each work load.
    needs: str = ""  # The entry of PREPARED that has to be there.


@dataclass(frozen=True)
class Peer:
    name: str
    script: str
    packages: tuple
    configs: tuple
    title: str


@dataclass(frozen=True)
class Prepared:
    script: str
    peer: str  # With whose Python it runs.
    makes: str  # Below the int8 folder.
    arguments: tuple = ()


PEERS = (
    Peer("onnxruntime", "onnxruntime_peer.py", ("onnxruntime==1.28.0", "tokenizers==0.23.3", "numpy"),
         (Config("default", "fp32"), Config("vetor-int8", "int8", needs="vetor-int8"),
          Config("published-int8", "int8", needs="published-int8"),
          Config("avx512_vnni-int8", "int8", needs="avx512_vnni")), "onnxruntime + tokenizers, 40 lines"),
    Peer("sentence-transformers", "sentence_transformers_peer.py",
         ("sentence-transformers==5.7.0", "optimum-onnx==0.1.0", "onnxruntime==1.28.0"),
         (Config("torch", "fp32"), Config("torch-bf16", "bf16"), Config("onnx", "fp32"),
          Config("onnx-int8", "int8", needs="avx512_vnni")), "sentence-transformers"),
    Peer("openvino", "sentence_transformers_peer.py",
         ("sentence-transformers==5.7.0", "optimum-intel[openvino]==2.2.0"),
         (Config("openvino", "bf16"), Config("openvino-f32", "fp32"),
          Config("openvino-int8", "int8", needs="openvino-int8")), "sentence-transformers"),
    Peer("fastembed", "fastembed_peer.py", ("fastembed==0.9.1",),
         (Config("default", "fp32", part=4), Config("best", "fp32")), "fastembed"),
    Peer("infinity", "infinity_peer.py", ("infinity-emb[server,torch,optimum]==0.0.78",),
         (Config("default", "fp32", part=2), Config("best", "fp32", part=2)), "infinity-emb, in process"),
    Peer("llama-cpp", "llama_cpp_peer.py", (f"llama-cpp-python=={LLAMA_CPP}",),
         (Config("q8_0", "int8", part=4, needs="gguf"),), "llama-cpp-python"),
    Peer("transformers-js", "transformers_js_peer.mjs", ("@huggingface/transformers@4.3.1",),
         (Config("default", "fp32", part=4), Config("best", "fp32", part=2)), "transformers.js"),
)

PREPARED = {
    "avx512_vnni": Prepared("prepare_onnx_int8.py", "sentence-transformers", "onnx/model_qint8_avx512_vnni.onnx"),
    "openvino-int8": Prepared("prepare_openvino.py", "openvino", "openvino/openvino_model_qint8_quantized.xml",
                              ("calibration.txt",)),
    "gguf": Prepared("prepare_gguf.py", "sentence-transformers", "model-q8_0.gguf", (LLAMA_CPP,)),
}


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "no message"


def run(command, **options):
    """What it printed, and the reason why it failed, or None."""
    try:
        done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=TIMEOUT, **options)
    except subprocess.TimeoutExpired:
        return "", f"{command[0]} took more than {TIMEOUT} s"
    except OSError as error:
        return "", str(error)
    if done.returncode == 0:
        return done.stdout, None
    ended = f"ended by signal {-done.returncode}, last words: " if done.returncode < 0 else ""
    return done.stdout, ended + last_line(done.stderr)


def install(peer, folder):
    """The reason why it did not work, or None."""
    marker = folder / ".installed"
    if marker.exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if peer.script.endswith(".mjs"):
        if shutil.which("npm") is None:
            return "npm is not there"
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        # onnxruntime-node's script would fetch CUDA libraries; the CPU's are in the package.
        commands = [["npm", "install", "--silent", "--ignore-scripts", "--no-fund", "--no-audit", *peer.packages]]
    else:
        commands = [[sys.executable, "-m", "venv", "."], ["bin/pip", "install", "--quiet", *peer.packages]]
    for command in commands:
        _, reason = run(command, cwd=folder)
        if reason:
            return f"does not install: {reason}"
    marker.touch()
    return None


def beside(model, ending):
    return model.with_name(model.name + ending)


def file_state(path):
    return [path.stat().st_size, path.stat().st_mtime_ns] if path.exists() else None


def prepare_folders(model, work):
    """fp32 and int8 copy of the model, graphs at the top.

    Apart, because infinity takes any graph with "quantized" in its name for the one to run, without a word. Made again
    when the model or its weights (MODEL-weights) changed; what PREPARED made is kept otherwise.
    """
    weights = beside(model, "-weights") / "model.safetensors"
    sources = {"model.onnx": model / "model.onnx", "model_quantized.onnx": model / "model_quantized.onnx",
               "model.safetensors": weights, "published.onnx": beside(model, "-int8") / "model.onnx"}
    state = json.dumps({name: file_state(path) for name, path in sources.items()})
    folders = {precision: work / precision / model.name for precision in ("fp32", "int8")}
    for precision, folder in folders.items():
        stamp = folder / ".made_from"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
            continue
        shutil.rmtree(folder.parent, ignore_errors=True)
        shutil.copytree(model, folder, ignore=shutil.ignore_patterns("*.onnx"))
        wanted = ("model.onnx", "model.safetensors") if precision == "fp32" else tuple(sources)
        for name in wanted:
            if sources[name].exists():
                shutil.copy(sources[name], folder / name)
        stamp.write_text(state, encoding="utf-8")
    return folders


def prepare(name, folders, peers_dir, here):
    """The reason why the file that a configuration needs is not there, or None."""
    int8 = folders["int8"]
    if name == "vetor-int8":
        made = (int8 / "model_quantized.onnx").exists()
        return None if made else "the model has no int8 graph: vetor export --quantize"
    if name == "published-int8":
        return None if (int8 / "published.onnx").exists() else "tools/fetch.py minilm-int8 brings that graph"
    wanted = PREPARED[name]
    if (int8 / wanted.makes).exists():
        return None
    python = peers_dir / f"peers-{wanted.peer}" / "bin" / "python"
    if not python.exists():
        return f"{wanted.makes} is made with the peer {wanted.peer}, which is not installed"
    if not (folders["fp32"] / "model.safetensors").exists():
        return f"{wanted.makes} is made of the weights: tools/fetch.py minilm-weights brings them"
    print(f"making {wanted.makes} ...", file=sys.stderr, flush=True)
    work = int8.parents[1]
    arguments = [str(work / argument) if argument.endswith(".txt") else argument for argument in wanted.arguments]
    _, reason = run([str(python), "-B", str(here / wanted.script), str(folders["fp32"]), str(int8), *arguments])
    return f"{wanted.makes} could not be made: {reason}" if reason else None
