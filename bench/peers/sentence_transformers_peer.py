"""sentence-transformers with each of its backends; batches of 32, which it sorts by length, as it does by default.

configs: torch (default), torch-bf16 (autocast), onnx, onnx-int8 (its dynamic avx512_vnni graph), openvino (as it comes:
bf16 where the processor has it), openvino-f32 (INFERENCE_PRECISION_HINT=f32), openvino-int8 (static, prepare_openvino.py).
"""
import os
import pathlib
import sys

from peer_run import run

os.environ["HF_HUB_OFFLINE"] = "1"
PACKAGES = {"torch": ["torch"], "onnx": ["optimum-onnx", "onnxruntime"], "openvino": ["optimum-intel", "openvino"]}


def backend_arguments(model, config):
    if config in ("onnx", "onnx-int8"):
        file = "model.onnx" if config == "onnx" else "onnx/model_qint8_avx512_vnni.onnx"
        return {"provider": "CPUExecutionProvider", "file_name": file}
    if not config.startswith("openvino"):
        return {}
    file = "openvino_model_qint8_quantized.xml" if config == "openvino-int8" else "openvino_model.xml"
    arguments = {"file_name": f"openvino/{file}"} if pathlib.Path(model, "openvino", file).exists() else {"export": True}
    return arguments | ({"ov_config": {"INFERENCE_PRECISION_HINT": "f32"}} if config == "openvino-f32" else {})


def load(model, config):
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(model, device="cpu", backend=config.split("-")[0],
                                  model_kwargs=backend_arguments(model, config))

    def encode(texts):
        return encoder.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)

    if config == "openvino":  # Which precision that is depends on the processor: it says so itself.
        type_name = encoder[0].auto_model.request.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        encode.precision = {"f32": "fp32"}.get(type_name, type_name)
    if config != "torch-bf16":
        return encode
    import torch

    def encode_bf16(texts):
        with torch.autocast("cpu", torch.bfloat16):
            return encode(texts)

    return encode_bf16


if __name__ == "__main__":
    chosen = sys.argv[sys.argv.index("--config") + 1] if "--config" in sys.argv else "torch"
    run("sentence-transformers", ["sentence-transformers", *PACKAGES[chosen.split("-")[0]]], load)
