"""llama-cpp-python on a GGUF file that lies beside the model (model-f16.gguf; GGUF=FILE names another).

default: batches of 512 tokens on all cores, a text a call.
"""
import os
import pathlib

from peer_run import run


def load(model, config):
    path = pathlib.Path(os.environ.get("GGUF", pathlib.Path(model, "model-f16.gguf")))
    if not path.is_file():
        raise SystemExit(f"skip: {path} is not there; convert the model with llama.cpp's convert_hf_to_gguf.py")
    from llama_cpp import Llama

    encoder = Llama(str(path), embedding=True, n_ctx=512, n_batch=512, n_threads_batch=os.cpu_count(), verbose=False)
    return lambda texts: [encoder.embed(text, normalize=True, truncate=True) for text in texts]


if __name__ == "__main__":
    run("llama-cpp-python", ["llama-cpp-python"], load)
