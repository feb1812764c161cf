"""llama-cpp-python on the GGUF file that prepare_gguf.py made (model-q8_0.gguf; GGUF=FILE names another).

q8_0: batches of 512 tokens, its default, on all cores; a text a call, because a list of texts takes twice as long.
"""
import os
import pathlib

from peer_run import run


def load(model, config):
    path = pathlib.Path(os.environ.get("GGUF", pathlib.Path(model, "model-q8_0.gguf")))
    if not path.is_file():
        raise SystemExit(f"{path} is not there: prepare_gguf.py makes it")
    from llama_cpp import Llama

    encoder = Llama(str(path), embedding=True, n_ctx=512, n_batch=512, n_threads_batch=os.cpu_count(), verbose=False)
    return lambda texts: [encoder.embed(text, normalize=True, truncate=True) for text in texts]


if __name__ == "__main__":
    run("llama-cpp-python", ["llama-cpp-python"], load)
