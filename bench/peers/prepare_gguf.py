"""Writes the model as GGUF in q8_0. Runs with the Python of the peer sentence-transformers, which has PyTorch.

usage: prepare_gguf.py FP32_FOLDER INT8_FOLDER LLAMA_CPP_PYTHON_VERSION; writes model-q8_0.gguf below the second. The
converter is llama.cpp's own, out of the source package of llama-cpp-python.
"""
import pathlib
import subprocess
import sys
import tarfile
import tempfile


def main():
    fp32, int8 = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    with tempfile.TemporaryDirectory(dir=int8) as scratch:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest",
                        scratch, f"llama-cpp-python=={sys.argv[3]}"], check=True)
        package = next(pathlib.Path(scratch).glob("*.tar.gz"))
        with tarfile.open(package) as archive:
            archive.extractall(scratch, filter="data")
        converter = next(pathlib.Path(scratch).glob("*/vendor/llama.cpp/convert_hf_to_gguf.py"))
        made = pathlib.Path(scratch, "made.gguf")
        subprocess.run([sys.executable, converter, fp32, "--outtype", "q8_0", "--outfile", made], check=True)
        made.rename(int8 / "model-q8_0.gguf")


if __name__ == "__main__":
    main()
