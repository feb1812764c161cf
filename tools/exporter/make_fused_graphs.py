#!/usr/bin/env python3
"""Makes the graphs of tests/data/packed/fused_graphs.tar.xz: encoders whose operators ONNX Runtime's optimiser fused.

    python tools/exporter/make_fused_graphs.py FOREIGN_GRAPHS OUTPUT_DIR [NAME_PART ...]
    python tools/oracle/pack_test_data.py BUILD_DIR/tests/data fused_graphs

FOREIGN_GRAPHS is BUILD_DIR/tests/data/foreign_graphs, whose graphs are optimised here. OUTPUT_DIR is
BUILD_DIR/tests/data/fused_graphs, from where the second command packs them. NAME_PART: only graphs whose name holds it.
The environment: onnxruntime 1.28.0, onnx 1.23.2, sympy 1.14.0, numpy 2.4.6.

A graph is called like the one that it was made of, with a variant behind it. The variants:

    python     onnxruntime.transformers.optimizer alone; what the mask gives is one length per row
    raw_mask   the same, but attention reads the mask itself
    parts      the same without biases in norms and activations, and without the fused embedding
    heads      the same with MultiHeadAttention instead of Attention
    o2         as Optimum's level O2: the runtime's own fusions (level 2) first
    o3         as Optimum's level O3: the same, and gelu by its tanh formula
    o4         as Optimum's level O4: the same in float16, with inputs and outputs as they were
    half       o2 in float16, its output as well
    runtime    the runtime's own fusions alone, as a session saves them (ORT_ENABLE_EXTENDED)
"""

import logging
import sys
import tempfile
from pathlib import Path

import onnx
import onnxruntime
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions

HEADS, WIDTH = 4, 32
FAMILIES = ["bert", "roberta", "xlm-roberta", "distilbert", "mpnet"]
VARIANTS = {
    "python": {},
    "raw_mask": {"raw_mask": True},
    "parts": {"enable_bias_gelu": False, "enable_bias_skip_layer_norm": False, "enable_embed_layer_norm": False},
    "heads": {"use_multi_head_attention": True},
    "o2": {"level": 2},
    "o3": {"level": 2, "enable_gelu_approximation": True},
    "o4": {"level": 2, "enable_gelu_approximation": True, "half": "weights"},
    "half": {"level": 2, "half": "outputs"},
}


def by_optimizer(source, settings, path):
    settings = dict(settings)
    level, half, raw_mask = settings.pop("level", 0), settings.pop("half", None), settings.pop("raw_mask", False)
    options = FusionOptions("bert")
    options.use_raw_attention_mask(raw_mask)
    for name, value in settings.items():
        setattr(options, name, value)
    model = optimizer.optimize_model(str(source), model_type="bert", num_heads=HEADS, hidden_size=WIDTH, opt_level=level,
                                     optimization_options=options)
    if half:
        model.convert_float_to_float16(keep_io_types=half == "weights")
    model.save_model_to_file(str(path))


def by_runtime(source, path):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def without_origins(source, path):
    """Takes away what no program needs, so that the files are small."""
    model = onnx.load(source)
    for part in [model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output]:
        part.ClearField("doc_string")
        del part.metadata_props[:]
    del model.graph.value_info[:]
    onnx.save(model, path)


def plans():
    """(name of the graph, its variant)"""
    for family in FAMILIES:
        for variant in ["o2", "o4"]:
            yield f"{family}.optimum.opset_14", variant
        yield f"{family}.optimum.opset_17", "runtime"
    for variant in ["python", "raw_mask", "parts", "heads", "o3", "half"]:
        yield "bert.optimum.opset_14", variant
    for variant in ["raw_mask", "heads", "parts"]:
        yield "distilbert.optimum.opset_17", variant
    yield "xlm-roberta.optimum.opset_17", "heads"
    yield "bert.script.opset_14.eager", "runtime"
    yield "bert.script.opset_11.eager", "python"
    yield "distilbert.torch1.opset_14", "o2"
    yield "modernbert.optimum.opset_14", "o2"
    yield "modernbert.optimum.opset_17", "python"
    yield "modernbert.optimum.opset_17", "o2"
    yield "roberta.dynamo5.opset_18.eager", "o2"  # With tables of positions and token types in each other's place.
    for family in ["bert", "mpnet"]:
        yield f"{family}.sentence_transformers.opset_17", "o2"


def main():
    sources, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    for graph, variant in plans():
        name = f"{graph}.{variant}"
        if sys.argv[3:] and not any(part in name for part in sys.argv[3:]):
            continue
        source = sources / (graph + ".onnx")
        with tempfile.TemporaryDirectory() as temporary:
            fused = Path(temporary) / "model.onnx"
            if variant == "runtime":
                by_runtime(source, fused)
            else:
                by_optimizer(source, VARIANTS[variant], fused)
            path = output / (name + ".onnx")
            without_origins(fused, path)
        print(f"{name}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    onnxruntime.set_default_logger_severity(4)
    main()
