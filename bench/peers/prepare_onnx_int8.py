"""Writes sentence-transformers' own dynamic int8 graph. Runs with the Python of the peer sentence-transformers.

usage: prepare_onnx_int8.py FP32_FOLDER INT8_FOLDER; writes onnx/model_qint8_avx512_vnni.onnx below the second, from
the graph that Optimum exports of the weights, as the documentation of sentence-transformers does it.
"""
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"


def main():
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.backend import export_dynamic_quantized_onnx_model

    fp32, int8 = sys.argv[1:3]
    model = SentenceTransformer(fp32, device="cpu", backend="onnx",
                                model_kwargs={"provider": "CPUExecutionProvider", "export": True})
    export_dynamic_quantized_onnx_model(model, "avx512_vnni", int8)
    made = pathlib.Path(int8, "onnx", "model_qint8_avx512_vnni.onnx")
    if not made.is_file():
        raise SystemExit(f"the export wrote no {made}")


if __name__ == "__main__":
    main()
