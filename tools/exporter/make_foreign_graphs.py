#!/usr/bin/env python3
"""Makes the graphs of tests/data/packed/foreign_graphs.tar.xz: encoders as other exporters write them.

    python tools/exporter/make_foreign_graphs.py OUTPUT_DIR [NAME_PART ...]
    python tools/oracle/pack_test_data.py BUILD_DIR/tests/data foreign_graphs

OUTPUT_DIR is BUILD_DIR/tests/data/foreign_graphs, from where the second command packs them. NAME_PART: only graphs whose
name holds it. Three environments make them all: torch 2.15.0, transformers 4.57.6, sentence-transformers 5.7.0, optimum
2.1.0, optimum-onnx 0.1.0, onnx 1.23.2, onnxscript 0.7.2; for the graphs "dynamo5" the same torch with transformers
5.24.0; for the graphs "torch1" torch 1.13.1, transformers 4.25.1, onnx 1.14.1, numpy 1.26. The script makes the graphs of
the versions that are installed.

A graph is called FAMILY.EXPORTER.opset_N[.VARIANT].onnx. The checkpoints are those of tests/data/exporter/families,
with weights rounded to 1/64, so that all graphs together are small when they are packed. The exporters:

    optimum               optimum-cli export onnx --task feature-extraction
    sentence_transformers the same for a folder of sentence-transformers: token_embeddings and sentence_embedding
    script                torch.onnx.export(dynamo=False): TorchScript
    torch1                the same by torch 1.13
    dynamo                torch.onnx.export(dynamo=True)
    dynamo5               the same of models of transformers 5, which make masks in another way
"""

import json
import sys
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
import transformers

CHECKPOINTS = Path(__file__).resolve().parents[2] / "tests/data/exporter/families"
FAMILIES = ["bert", "roberta", "xlm-roberta", "mpnet", "distilbert", "modernbert"]
OLD = torch.__version__.startswith("1.")
NEW = transformers.__version__.startswith("5.")
TYPED = ["bert"]


def rounded(model):
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.copy_(torch.round(tensor * 64) / 64)
    return model


class Encoder(torch.nn.Module):
    """One output, as a tensor."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            inputs["token_type_ids"] = token_type_ids
        return self.model(**inputs).last_hidden_state


def open_model(family, attention):
    folder = CHECKPOINTS / family
    if OLD:
        with tempfile.TemporaryDirectory() as temporary:
            torch.save(old_state(folder), Path(temporary) / "pytorch_model.bin")
            (Path(temporary) / "config.json").write_text((folder / "config.json").read_text())
            return rounded(transformers.AutoModel.from_pretrained(temporary).eval())
    return rounded(transformers.AutoModel.from_pretrained(folder, attn_implementation=attention).eval())


def old_state(folder):
    """transformers 4.25 does not read safetensors by itself."""
    text = (folder / "model.safetensors").read_bytes()
    length = int.from_bytes(text[:8], "little")
    state = {}
    for name, entry in json.loads(text[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + place for place in entry["data_offsets"])
        state[name] = torch.frombuffer(bytearray(text[begin:end]), dtype=torch.float32).reshape(entry["shape"]).clone()
    return state


def examples(family):
    ids = torch.tensor([[7, 8, 9, 10, 11, 12, 13], [21, 22, 23, 24, 25, 26, 27]])
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    inputs["attention_mask"][1, 5:] = 0
    if family in TYPED:
        inputs["token_type_ids"] = torch.zeros_like(ids)
    return inputs


def by_script(family, opset, attention, path):
    inputs = examples(family)
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in [*inputs, "last_hidden_state"]}
    more = {} if OLD else {"dynamo": False}
    torch.onnx.export(Encoder(open_model(family, attention)), tuple(inputs.values()), str(path), opset_version=opset,
                      input_names=list(inputs), output_names=["last_hidden_state"], dynamic_axes=axes, **more)


def by_dynamo(family, opset, attention, path):
    inputs = examples(family)
    shapes = {name: {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC} for name in inputs}
    torch.onnx.export(Encoder(open_model(family, attention)), (), str(path), kwargs=inputs, opset_version=opset,
                      input_names=list(inputs), output_names=["last_hidden_state"], dynamic_shapes=shapes, dynamo=True,
                      external_data=False, verbose=False)


def save_checkpoint(family, folder):
    model = open_model(family, "eager")
    model.save_pretrained(folder)
    words = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", *(f"w{i}" for i in range(115))]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)


def by_optimum(family, opset, variant, path):
    from optimum.exporters.onnx import main_export
    with tempfile.TemporaryDirectory() as temporary:
        folder, output = Path(temporary) / "model", Path(temporary) / "onnx"
        folder.mkdir()
        save_checkpoint(family, folder)
        if variant == "sentence":
            from sentence_transformers import SentenceTransformer, models
            words = models.Transformer(str(folder))
            pooling = models.Pooling(words.get_word_embedding_dimension(), "mean")
            modules = [words, pooling, models.Normalize()]
            folder = Path(temporary) / "sentence"
            SentenceTransformer(modules=modules, device="cpu").save(str(folder))
        library = "sentence_transformers" if variant == "sentence" else "transformers"
        main_export(str(folder), output=output, task="feature-extraction", opset=opset, library_name=library,
                    do_validation=False, local_files_only=True)
        path.write_bytes((output / "model.onnx").read_bytes())


def attentions(family, opset):
    """The implementations of attention that the family has, and that can be written."""
    return ("eager",) if family == "mpnet" or opset < 14 else ("eager", "sdpa")


def without_origins(path):
    """Takes away what says where on this machine the code of a node is."""
    model = onnx.load(path)
    for part in [model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.value_info, *model.graph.input,
                 *model.graph.output]:
        part.ClearField("doc_string")
        if hasattr(part, "metadata_props"):  # Younger than the onnx of "torch1".
            del part.metadata_props[:]
    del model.graph.value_info[:]
    onnx.save(model, path)


def plans():
    """(name, function, arguments)"""
    for family in FAMILIES:
        if OLD:
            if family != "modernbert":
                for opset in (12 if family == "mpnet" else 11, 14):  # Min of whole numbers came with 12.
                    yield f"{family}.torch1.opset_{opset}", by_script, (family, opset, "eager")
            continue
        if NEW:
            for opset in (18, 23):
                for attention in attentions(family, opset):
                    yield f"{family}.dynamo5.opset_{opset}.{attention}", by_dynamo, (family, opset, attention)
            continue
        for opset in (14, 17, 18):
            yield f"{family}.optimum.opset_{opset}", by_optimum, (family, opset, "transformers")
            yield f"{family}.sentence_transformers.opset_{opset}", by_optimum, (family, opset, "sentence")
        for opset in (12 if family == "mpnet" else 11, 13, 14, 17, 18, 20):
            for attention in attentions(family, opset):
                yield f"{family}.script.opset_{opset}.{attention}", by_script, (family, opset, attention)
        for opset in (18, 20, 23):
            for attention in attentions(family, opset):
                yield f"{family}.dynamo.opset_{opset}.{attention}", by_dynamo, (family, opset, attention)


def main():
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    for name, function, arguments in plans():
        if sys.argv[2:] and not any(part in name for part in sys.argv[2:]):
            continue
        path = output / (name + ".onnx")
        function(*arguments, path)
        without_origins(path)
        print(f"{name}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
