"""sentence-transformers with each of its backends; batches of 32, which it sorts by length, as it does by default.

configs: torch (default), torch-bf16 (autocast), onnx, openvino (as it comes: bf16 where the processor has it),
openvino-f32 (INFERENCE_PRECISION_HINT=f32).
"""
import os

from peer_run import run

os.environ["HF_HUB_OFFLINE"] = "1"
PACKAGES = {"torch": ["torch"], "onnx": ["optimum-onnx", "onnxruntime"], "openvino": ["optimum-intel", "openvino"]}


def load(model, config):
    from sentence_transformers import SentenceTransformer

    backend = config.split("-")[0].replace("default", "torch")
    arguments = {}
    if backend == "onnx":
        arguments = {"provider": "CPUExecutionProvider", "file_name": "model.onnx"}
    elif config == "openvino-f32":
        arguments = {"ov_config": {"INFERENCE_PRECISION_HINT": "f32"}}
    encoder = SentenceTransformer(model, device="cpu", backend=backend, model_kwargs=arguments)

    def encode(texts):
        return encoder.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)

    if config != "torch-bf16":
        return encode
    import torch

    def encode_bf16(texts):
        with torch.autocast("cpu", torch.bfloat16):
            return encode(texts)

    return encode_bf16


if __name__ == "__main__":
    import sys

    chosen = sys.argv[sys.argv.index("--config") + 1] if "--config" in sys.argv else "torch"
    run("sentence-transformers", ["sentence-transformers", *PACKAGES[chosen.split("-")[0]]], load)
