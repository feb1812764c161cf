"""Writes the seeded models under tests/data/model. Run by hand; the result is committed.

    python tools/oracle/make_tiny_models.py

Needs onnx 1.23.2, onnxruntime 1.28.0, tokenizers 0.22, transformers 4.57.6 and
sentence-transformers 5.7.0 with torch. The same versions give the same bytes.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

import micro_graphs
import tiny_bert

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "model"
TEXTS = ["", "hello world", "Monaco Grand Prix", "São Paulo sprint", "日本 Grand Prix 2026!",
         "the race of the world at spa-francorchamps is a long long race in the new calendar and "
         "it is for the motorsport world to test the text that is longer than the model takes"]


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def tokenizer_json(vocab):
    """WordPiece as BERT's, with a truncation and a padding that no reader may obey."""
    special = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True} for i, t in enumerate(vocab[:5])]
    sep, cls = ({"SpecialToken": {"id": t, "type_id": 0}} for t in ("[SEP]", "[CLS]"))
    pair = [cls, {"Sequence": {"id": "A", "type_id": 0}}, sep,
            {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    return {"version": "1.0",
            "truncation": {"direction": "Right", "max_length": 16, "strategy": "LongestFirst",
                           "stride": 0},
            "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": None,
                        "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
            "added_tokens": special,
            "normalizer": {"type": "BertNormalizer", "clean_text": True,
                           "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "TemplateProcessing", "single": pair[:3], "pair": pair,
                               "special_tokens": {t: {"id": str(t), "ids": [i], "tokens": [t]}
                                                  for t, i in (("[CLS]", 2), ("[SEP]", 3))}},
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {"type": "WordPiece", "unk_token": "[UNK]",
                      "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                      "vocab": {t: i for i, t in enumerate(vocab)}}}


def write_folder(folder, vocab):
    write_json(folder / "tokenizer.json", tokenizer_json(vocab))
    write_json(folder / "config.json", tiny_bert.config(len(vocab)))
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 56,
        "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
        "mask_token": "[MASK]"})
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
        for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"),
                                          ("2_Normalize", "Normalize")])])
    write_json(folder / "1_Pooling" / "config.json", {
        "word_embedding_dimension": tiny_bert.HIDDEN, "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False})
    write_json(folder / "sentence_bert_config.json",
               {"max_seq_length": 48, "do_lower_case": False})
    write_json(folder / "config_sentence_transformers.json",
               {"prompts": {"query": "query: ", "passage": "passage: "},
                "default_prompt_name": None, "similarity_fn_name": "cosine"})


def half_precision(model):
    """Weights stored as float16 and cast back: what a size-saving export holds."""
    small = onnx.ModelProto()
    small.CopyFrom(model)
    casts = []
    for tensor in small.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype != np.float32 or value.size < 32:
            continue
        casts.append(helper.make_node("Cast", [tensor.name + "_half"], [tensor.name],
                                      to=TensorProto.FLOAT))
        tensor.CopyFrom(numpy_helper.from_array(value.astype(np.float16), tensor.name + "_half"))
    for cast in reversed(casts):
        small.graph.node.insert(0, cast)
    return small


def reference(folder, w, vocab):
    """SentenceTransformer over the same weights; None of its arithmetic is ours."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch) / "tiny-bert"
        shutil.copytree(folder, scratch, ignore=shutil.ignore_patterns("*.onnx", "expected.json"))
        model = BertModel(BertConfig(**tiny_bert.config(len(vocab))), add_pooling_layer=False)
        missing = model.load_state_dict({k: torch.from_numpy(v) for k, v in w.items()}, strict=False)
        assert not missing.unexpected_keys and all(
            "position_ids" in k or "token_type_ids" in k for k in missing.missing_keys), missing
        model.save_pretrained(scratch)
        return SentenceTransformer(str(scratch), device="cpu")


def write_expected(folder, model):
    """Ids, hidden states and vectors of TEXTS; also checks the graph against the reference."""
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
    # Wanted digits: float32 survives 9 significant ones.
    digits = lambda array: [float(f"{x:.9g}") for x in np.asarray(array, np.float32).ravel()]
    rows = []
    for text in TEXTS:
        features = model.tokenize([text])
        feed = {k: features[k].numpy() for k in ("input_ids", "attention_mask", "token_type_ids")}
        with torch.no_grad():
            hidden = model[0](dict(features))["token_embeddings"][0].numpy()
        ours = session.run(None, feed)[0][0]
        assert np.abs(ours - hidden).max() < 5e-6, np.abs(ours - hidden).max()
        rows.append({"text": text, "ids": feed["input_ids"][0].tolist(),
                     "last_hidden_state": digits(hidden),
                     "vector": digits(model.encode(text, convert_to_numpy=True))})
    (folder / "expected.json").write_text(
        "[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n]\n", "utf-8")


def main():
    vocab = tiny_bert.vocabulary()
    folder = DATA / "tiny-bert"
    write_folder(folder, vocab)
    Tokenizer.from_file(str(folder / "tokenizer.json"))
    w = tiny_bert.weights(len(vocab), seed=20260101)
    save_file(w, folder / "model.safetensors", {"format": "pt"})
    model = tiny_bert.bert_model(w)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, folder / "model.onnx")
    quantize_dynamic(folder / "model.onnx", folder / "model_quantized.onnx",
                     weight_type=QuantType.QInt8)
    half = half_precision(model)
    onnx.checker.check_model(half, full_check=True)
    onnx.save(half, folder / "model_fp16.onnx")
    write_expected(folder, reference(folder, w, vocab))

    for kind, models in (("valid", micro_graphs.valid(len(vocab))),
                         ("broken", micro_graphs.broken(len(vocab)))):
        (DATA / kind).mkdir(parents=True, exist_ok=True)
        for stem, micro in models.items():
            onnx.save(micro, DATA / kind / f"{stem}.onnx")
    external, weights = micro_graphs.with_external_data(len(vocab))
    (DATA / "external").mkdir(parents=True, exist_ok=True)
    (DATA / "external" / "model.onnx").write_bytes(external.SerializeToString())
    (DATA / "external" / "model.onnx_data").write_bytes(weights)
    print(f"{len(vocab)} tokens; wrote {DATA}")


if __name__ == "__main__":
    main()
