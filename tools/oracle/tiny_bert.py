"""A seeded BERT of two layers as an ONNX graph of plain operators (opset 14), with the tensor
names of a Hugging Face checkpoint, so that the same weights run in transformers as the reference.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 4, 64, 64
OPSET = 14


def vocabulary():
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    words = ("the a of grand prix race test monaco brazil paulo sao silver ##stone spa ##franc "
             "## champs mon ##za free practice qual ##ify ##ing sprint pre ##season new hello "
             "world text long motor ##sport cal ##endar 日 本 国 de do la le der el in on at to "
             "and for is it ##s ##ed ##er ##ly un ##known").split()
    words = [w for w in words if w != "##"]
    signs = list("!\"#$%&'()*+,-./:;<=>?@[]_|~")
    digits = list("0123456789")
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    for token in letters + ["##" + c for c in letters + digits] + digits + signs + words:
        if token not in tokens:
            tokens.append(token)
    return tokens


def weights(vocab_size, seed):
    """Checkpoint name -> float32 array; linear weights are [out, in] as torch keeps them."""
    rng = np.random.default_rng(seed)
    normal = lambda *shape: rng.normal(0, 0.15, shape).astype(np.float32)
    w = {"embeddings.word_embeddings.weight": normal(vocab_size, HIDDEN),
         "embeddings.position_embeddings.weight": normal(POSITIONS, HIDDEN),
         "embeddings.token_type_embeddings.weight": normal(2, HIDDEN)}

    def layer_norm(name):
        w[name + ".weight"] = (1 + normal(HIDDEN)).astype(np.float32)
        w[name + ".bias"] = normal(HIDDEN)

    def linear(name, out_features, in_features):
        w[name + ".weight"] = normal(out_features, in_features)
        w[name + ".bias"] = normal(out_features)

    layer_norm("embeddings.LayerNorm")
    for i in range(LAYERS):
        p = f"encoder.layer.{i}."
        for part in ("query", "key", "value"):
            linear(p + "attention.self." + part, HIDDEN, HIDDEN)
        linear(p + "attention.output.dense", HIDDEN, HIDDEN)
        layer_norm(p + "attention.output.LayerNorm")
        linear(p + "intermediate.dense", INNER, HIDDEN)
        linear(p + "output.dense", HIDDEN, INNER)
        layer_norm(p + "output.LayerNorm")
    return w


class GraphBuilder:
    def __init__(self):
        self.nodes, self.initializers, self._count = [], [], 0

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, op, inputs, output=None, **attributes):
        self._count += 1
        output = output or f"/{op}_{self._count}_output_0"
        self.nodes.append(helper.make_node(op, inputs, [output], f"/{op}_{self._count}",
                                           **attributes))
        return output


def _layer_norm(g, x, w, name, epsilon=1e-12):
    mean = g.node("ReduceMean", [x], axes=[-1])
    centered = g.node("Sub", [x, mean])
    variance = g.node("ReduceMean", [g.node("Pow", [centered, "two"])], axes=[-1])
    deviation = g.node("Sqrt", [g.node("Add", [variance, "epsilon"])])
    scaled = g.node("Mul", [g.node("Div", [centered, deviation]), name + ".weight"])
    return g.node("Add", [scaled, name + ".bias"])


def _linear(g, x, w, name):
    # Exporters transpose once and give the MatMul constant a generated name.
    g.constant(f"onnx::MatMul_{name}", np.ascontiguousarray(w[name + ".weight"].T))
    product = g.node("MatMul", [x, f"onnx::MatMul_{name}"])
    return g.node("Add", [name + ".bias", product])


def _attention(g, x, w, prefix, mask):
    def heads(part, permutation):
        y = _linear(g, x, w, prefix + "attention.self." + part)
        return g.node("Transpose", [g.node("Reshape", [y, "split_heads"])], perm=permutation)

    query, value = heads("query", [0, 2, 1, 3]), heads("value", [0, 2, 1, 3])
    scores = g.node("MatMul", [query, heads("key", [0, 2, 3, 1])])
    scores = g.node("Add", [g.node("Div", [scores, "root_of_head"]), mask])
    context = g.node("MatMul", [g.node("Softmax", [scores], axis=-1), value])
    context = g.node("Transpose", [context], perm=[0, 2, 1, 3])
    merged = g.node("Reshape", [context, "merge_heads"])
    return _linear(g, merged, w, prefix + "attention.output.dense")


def _gelu(g, x):
    erf = g.node("Erf", [g.node("Div", [x, "root_of_two"])])
    half = g.node("Mul", [x, g.node("Add", [erf, "one"])])
    return g.node("Mul", [half, "half"])


def _embeddings(g, w):
    length = g.node("Gather", [g.node("Shape", ["input_ids"]), "index_one"])
    positions = g.node("Range", ["zero", g.node("Squeeze", [length]), "step"])
    x = g.node("Gather", ["embeddings.word_embeddings.weight", "input_ids"])
    types = g.node("Gather", ["embeddings.token_type_embeddings.weight", "token_type_ids"])
    x = g.node("Add", [x, types])
    x = g.node("Add", [x, g.node("Gather", ["embeddings.position_embeddings.weight", positions])])
    return _layer_norm(g, x, w, "embeddings.LayerNorm")


def _constants(g):
    for name, value in {"two": np.float32(2), "one": np.float32(1), "half": np.float32(0.5),
                        "epsilon": np.float32(1e-12), "root_of_two": np.float32(2 ** 0.5),
                        "root_of_head": np.float32((HIDDEN // HEADS) ** 0.5),
                        "lowest": np.float32(np.finfo(np.float32).min)}.items():
        g.constant(name, value)
    g.constant("zero", np.int64(0))
    g.constant("step", np.int64(1))
    g.constant("index_one", np.array([1], np.int64))
    g.constant("mask_axes", np.array([1, 2], np.int64))
    g.constant("split_heads", np.array([0, 0, HEADS, HIDDEN // HEADS], np.int64))
    g.constant("merge_heads", np.array([0, 0, HIDDEN], np.int64))


def bert_model(w):
    """The whole model: input_ids, attention_mask, token_type_ids -> last_hidden_state."""
    g = GraphBuilder()
    for name, value in w.items():
        if not (name.endswith("weight") and value.ndim == 2 and "embeddings" not in name):
            g.constant(name, value)
    _constants(g)
    mask = g.node("Cast", [g.node("Unsqueeze", ["attention_mask", "mask_axes"])],
                  to=TensorProto.FLOAT)
    mask = g.node("Mul", [g.node("Sub", ["one", mask]), "lowest"])
    x = _embeddings(g, w)
    for i in range(LAYERS):
        p = f"encoder.layer.{i}."
        x = _layer_norm(g, g.node("Add", [_attention(g, x, w, p, mask), x]), w,
                        p + "attention.output.LayerNorm")
        inner = _gelu(g, _linear(g, x, w, p + "intermediate.dense"))
        x = _layer_norm(g, g.node("Add", [_linear(g, inner, w, p + "output.dense"), x]), w,
                        p + "output.LayerNorm")
    g.node("Identity", [x], output="last_hidden_state")
    axes = ["batch_size", "sequence_length"]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, axes)
              for n in ("input_ids", "attention_mask", "token_type_ids")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, axes + [HIDDEN])
    graph = helper.make_graph(g.nodes, "tiny-bert", inputs, [output], g.initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=7,
                             producer_name="vetor-tests")


def config(vocab_size):
    return {"architectures": ["BertModel"], "model_type": "bert", "hidden_size": HIDDEN,
            "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
            "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "vocab_size": vocab_size,
            "hidden_act": "gelu", "layer_norm_eps": 1e-12, "pad_token_id": 0,
            "position_embedding_type": "absolute", "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0}
