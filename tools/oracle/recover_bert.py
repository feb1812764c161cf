"""A published BERT ONNX graph turned back into the checkpoint it was exported from.

Initialisers keep their names except the transposed constants of MatMul: for each of those, the Add
that follows holds the bias, whose name tells the weight's.
"""

import json

import onnx
import torch
from onnx import numpy_helper
from transformers import BertConfig, BertModel


def recover_weights(path):
    """Checkpoint name -> array."""
    graph = onnx.load(str(path)).graph
    initial = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    weights = {name: value for name, value in initial.items()
               if name.startswith(("embeddings.", "encoder."))}
    bias_of = {name: next((i for i in node.input if i.endswith(".bias")), None)
               for node in graph.node if node.op_type == "Add" for name in node.input}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in initial:
            bias = bias_of[node.output[0]]
            weights[bias[: -len("bias")] + "weight"] = initial[node.input[1]].T.copy()
    return weights


def recover_model(path):
    """A BertModel without pooler that has exactly the graph's weights."""
    weights = recover_weights(path)
    vocab_size, hidden = weights["embeddings.word_embeddings.weight"].shape
    layers = 1 + max(int(n.split(".")[2]) for n in weights if n.startswith("encoder.layer."))
    config = BertConfig(
        vocab_size=vocab_size, hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=hidden // 32,
        intermediate_size=weights["encoder.layer.0.intermediate.dense.weight"].shape[0],
        max_position_embeddings=weights["embeddings.position_embeddings.weight"].shape[0])
    model = BertModel(config, add_pooling_layer=False)
    result = model.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in weights.items()},
                                   strict=False)
    unset = [k for k in result.missing_keys if "position_ids" not in k and "token_type_ids" not in k]
    if unset or result.unexpected_keys:
        raise ValueError(f"{path}: not a BERT graph of the expected form: {result}")
    return model.eval()


def write_folder(graph_path, tokenizer_bytes, folder, pooling, max_length):
    """A sentence-transformers folder (pooling, then normalise) with the recovered weights."""
    folder.mkdir(parents=True, exist_ok=True)
    recover_model(graph_path).save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(tokenizer_bytes)
    files = {
        "tokenizer_config.json": {
            "tokenizer_class": "BertTokenizer", "model_max_length": max_length,
            "do_lower_case": True, "unk_token": "[UNK]", "sep_token": "[SEP]",
            "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"},
        "sentence_bert_config.json": {"max_seq_length": max_length, "do_lower_case": False},
        "modules.json": [
            {"idx": i, "name": str(i), "path": path,
             "type": "sentence_transformers.models." + kind}
            for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"),
                                              ("2_Normalize", "Normalize")])],
        "1_Pooling/config.json": {
            "word_embedding_dimension": 384, "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_mean_tokens": pooling == "mean", "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False}}
    for name, value in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(value, indent=1))
    return folder
