"""infinity-emb's AsyncEmbeddingEngine in process. default: torch; best: its ONNX engine (optimum).

The ONNX engine takes the first token's vector unless told to pool by mean: it does not read the model's 1_Pooling.
"""
import asyncio
import os
import pathlib

from peer_run import run

os.environ |= {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"}


def load(model, config):
    # Its ONNX engine keeps its optimised graph in the hub's cache and takes any model's that lies there.
    os.environ["HF_HOME"] = str(pathlib.Path(model).resolve().parent / "infinity-cache")
    from infinity_emb import AsyncEmbeddingEngine, EngineArgs

    # It finds the graph of a local folder only as "model.onnx" in the working folder.
    os.chdir(model)
    engine = AsyncEmbeddingEngine.from_args(
        EngineArgs(model_name_or_path=".", device="cpu", batch_size=32,
                   engine="torch" if config == "default" else "optimum", bettertransformer=False,
                   pooling_method="mean"))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(engine.astart())

    def embed(texts):
        return loop.run_until_complete(engine.embed(sentences=texts))[0]

    # Its threads would keep the process alive.
    embed.close = lambda: loop.run_until_complete(engine.astop())
    return embed


if __name__ == "__main__":
    run("infinity-emb", ["infinity-emb", "torch", "optimum", "onnxruntime"], load)
