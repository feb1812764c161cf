"""infinity-emb's AsyncEmbeddingEngine in process. default: torch; best: its ONNX engine (optimum)."""
import asyncio
import os

from peer_run import run

os.environ |= {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"}


def load(model, config):
    from infinity_emb import AsyncEmbeddingEngine, EngineArgs

    # Its ONNX engine refuses an absolute path to the graph: work from the folder above.
    os.chdir(os.path.dirname(os.path.abspath(model)))
    engine = AsyncEmbeddingEngine.from_args(
        EngineArgs(model_name_or_path=os.path.basename(os.path.abspath(model)), device="cpu", batch_size=32,
                   engine="torch" if config == "default" else "optimum", bettertransformer=False))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(engine.astart())

    def embed(texts):
        return loop.run_until_complete(engine.embed(sentences=texts))[0]

    return embed


if __name__ == "__main__":
    run("infinity-emb", ["infinity-emb"], load)
