"""Graphs of a handful of nodes: valid ones with unusual interfaces, and broken ones, each wrong in
one way that a loader must name."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

WIDTH = 8
TEXT_AXES = ["batch_size", "sequence_length"]


def _table(vocab_size, seed=5):
    return np.random.default_rng(seed).normal(0, 1, (vocab_size, WIDTH)).astype(np.float32)


def _model(nodes, inputs, outputs, initializers, **extra):
    graph = helper.make_graph(nodes, "micro", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7,
                             producer_name="vetor-tests", **extra)


def _sizes(model, sizes, names=("input_ids", "attention_mask")):
    """The model with inputs of these sizes; None leaves an axis free."""
    for value in model.graph.input:
        for dim, size in zip(value.type.tensor_type.shape.dim, sizes):
            if value.name in names and size is not None:
                dim.dim_value = size
    return model


def _with_past(vocab_size):
    """A decoder as exporters cut it: keys and values of earlier calls, and whether there are any. What is given as past
    is added to the result, so that anything but nothing shows."""
    past = ["batch_size", 2, "past_length", 4]
    # [batch, 2, past, 4] summed to [batch, 1, 1].
    tail = [helper.make_node("ReduceSum", ["past_key_values.0.key", "past_axes"], ["past_sum"], keepdims=1),
            helper.make_node("Squeeze", ["past_sum", "last_axis"], ["past_column"]),
            helper.make_node("Add", ["hidden", "past_column"], ["with_past"]),
            helper.make_node("Cast", ["use_cache_branch"], ["cache_float"], to=TensorProto.FLOAT),
            helper.make_node("Add", ["with_past", "cache_float"], ["last_hidden_state"])]
    model = lookup(vocab_size, tail=tail, extra_inputs=[
        _input("past_key_values.0.key", TensorProto.FLOAT, past),
        _input("past_key_values.0.value", TensorProto.FLOAT16, past),
        _input("use_cache_branch", TensorProto.BOOL, [1])])
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 2, 3], np.int64), "past_axes"))
    return model


def _joined_rows(vocab_size):
    """As model2vec exports: the mean of each row, rows end to end, where each begins in `offsets`. By cumulative sums: the
    mean of row r is (sum up to its end - sum up to its begin) / its length."""
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["picked"]),
             helper.make_node("Shape", ["input_ids"], ["count"]),
             helper.make_node("CumSum", ["picked", "zero"], ["sums"]),
             helper.make_node("Concat", ["none", "sums"], ["from_zero"], axis=0),
             helper.make_node("Concat", ["offsets", "count"], ["bounds"], axis=0),
             helper.make_node("Slice", ["bounds", "one_1d", "far", "zero_1d"], ["ends"]),
             helper.make_node("Gather", ["from_zero", "ends"], ["upto_end"]),
             helper.make_node("Gather", ["from_zero", "offsets"], ["upto_begin"]),
             helper.make_node("Sub", ["upto_end", "upto_begin"], ["row_sums"]),
             helper.make_node("Sub", ["ends", "offsets"], ["lengths"]),
             helper.make_node("Cast", ["lengths"], ["lengths_float"], to=TensorProto.FLOAT),
             helper.make_node("Unsqueeze", ["lengths_float", "one_1d"], ["lengths_column"]),
             helper.make_node("Div", ["row_sums", "lengths_column"], ["embeddings"])]
    constants = {"zero": np.array(0, np.int64), "zero_1d": np.array([0], np.int64), "one_1d": np.array([1], np.int64),
                 "far": np.array([2**40], np.int64), "none": np.zeros((1, WIDTH), np.float32), "table": _table(vocab_size)}
    return _model(nodes, [_input("input_ids", axes=["num_tokens"]), _input("offsets", axes=["batch_size"])],
                  [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["batch_size", WIDTH])],
                  [numpy_helper.from_array(value, name) for name, value in constants.items()])


def _several_outputs(vocab_size):
    """last_hidden_state, and its mean under the mask as dense_vecs."""
    tail = [helper.make_node("Identity", ["hidden"], ["last_hidden_state"]),
            helper.make_node("ReduceSum", ["hidden", "middle_axis"], ["sum"], keepdims=0),
            helper.make_node("ReduceSum", ["mask_column", "middle_axis"], ["tokens"], keepdims=0),
            helper.make_node("Div", ["sum", "tokens"], ["dense_vecs"])]
    model = lookup(vocab_size, tail=tail)
    model.graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "middle_axis"))
    model.graph.output.append(
        helper.make_tensor_value_info("dense_vecs", TensorProto.FLOAT, ["batch_size", WIDTH]))
    return model


def _input(name, element=TensorProto.INT64, axes=None):
    return helper.make_tensor_value_info(name, element, axes or TEXT_AXES)


def lookup(vocab_size, *, ids="input_ids", mask="attention_mask", output="last_hidden_state",
           element=TensorProto.INT64, tail=(), declared=(TensorProto.FLOAT, TEXT_AXES + [WIDTH]),
           extra_inputs=(), table=None):
    """token vector = table[id] * mask, then `tail` nodes from "hidden" to the output."""
    nodes = [helper.make_node("Gather", ["table", ids], ["picked"])]
    inputs = [_input(ids, element)]
    initializers = [numpy_helper.from_array(_table(vocab_size) if table is None else table,
                                            "table")]
    if mask:
        inputs.append(_input(mask, element))
        initializers.append(numpy_helper.from_array(np.array([2], np.int64), "last_axis"))
        nodes += [helper.make_node("Cast", [mask], ["mask_float"], to=TensorProto.FLOAT),
                  helper.make_node("Unsqueeze", ["mask_float", "last_axis"], ["mask_column"]),
                  helper.make_node("Mul", ["picked", "mask_column"], ["hidden"])]
    else:
        nodes.append(helper.make_node("Identity", ["picked"], ["hidden"]))
    nodes += list(tail) or [helper.make_node("Identity", ["hidden"], [output])]
    inputs += list(extra_inputs)
    return _model(nodes, inputs, [helper.make_tensor_value_info(output, *declared)], initializers)


def valid(vocab_size):
    """File stem -> model with an interface that vetor accepts."""
    mean = [helper.make_node("ReduceMean", ["hidden"], ["sentence_embedding"], axes=[1],
                             keepdims=0)]
    # Subtracts the position, so that a wrong position_ids shows in every component.
    moved = [helper.make_node("Cast", ["position_ids"], ["position_float"], to=TensorProto.FLOAT),
             helper.make_node("Unsqueeze", ["position_float", "last_axis"], ["position_column"]),
             helper.make_node("Sub", ["hidden", "position_column"], ["last_hidden_state"])]
    # A shape that passed through float is out of reach for shape inference: only a run tells.
    unknown = [helper.make_node("Shape", ["hidden"], ["shape"]),
               helper.make_node("Cast", ["shape"], ["shape_float"], to=TensorProto.FLOAT),
               helper.make_node("Cast", ["shape_float"], ["shape_int"], to=TensorProto.INT64),
               helper.make_node("Reshape", ["hidden", "shape_int"], ["last_hidden_state"])]
    nan_table = _table(vocab_size)
    nan_table[-1, 3] = np.nan
    return {
        "sentence_embedding": lookup(vocab_size, output="sentence_embedding", tail=mean,
                                     declared=(TensorProto.FLOAT, ["batch_size", WIDTH])),
        "token_embeddings": lookup(vocab_size, output="token_embeddings"),
        "position_ids": lookup(vocab_size, tail=moved, extra_inputs=[_input("position_ids")]),
        "output_width_unknown": lookup(
            vocab_size, tail=unknown, declared=(TensorProto.FLOAT, TEXT_AXES + ["width"])),
        "int32_inputs": lookup(vocab_size, element=TensorProto.INT32),
        "nan_for_last_id": lookup(vocab_size, table=nan_table),
        "no_attention_mask": lookup(vocab_size, mask=None),
        "fixed_length": _sizes(lookup(vocab_size), (None, 16)),
        "fixed_rows": _sizes(lookup(vocab_size), (4, None)),
        "square": _sizes(lookup(vocab_size), (4, 4)),
        "fixed_rows_and_length": _sizes(_several_outputs(vocab_size), (4, 16)),
        "several_outputs": _several_outputs(vocab_size),
        "past_key_values": _with_past(vocab_size),
        "joined_rows": _joined_rows(vocab_size),
    }


def broken(vocab_size):
    """File stem -> model that must be refused; the stem says why."""
    output = "last_hidden_state"
    def tail(op, **attributes):
        return [helper.make_node(op, ["hidden"], [output], **attributes)]
    rank_1 = [helper.make_node("ReduceMean", ["hidden"], [output], axes=[0, 1], keepdims=0)]
    rank_4 = [helper.make_node("Unsqueeze", ["hidden", "last_axis"], [output])]
    return {
        "wrong_input_name": lookup(vocab_size, ids="tokens"),
        "fixed_length_without_mask": _sizes(lookup(vocab_size, mask=None), (None, 16)),
        "extra_input": lookup(vocab_size, extra_inputs=[
            _input("pixel_values", TensorProto.FLOAT, ["batch_size", 3, 4, 4])]),
        "float_input_ids": _float_ids(vocab_size),
        "wrong_output_name": lookup(vocab_size, output="logits"),
        "output_rank_1": lookup(vocab_size, tail=rank_1, declared=(TensorProto.FLOAT, [WIDTH])),
        "output_rank_4": lookup(vocab_size, tail=rank_4,
                                declared=(TensorProto.FLOAT, TEXT_AXES + [1, WIDTH])),
        "output_length_first": lookup(vocab_size, tail=tail("Transpose", perm=[1, 0, 2]),
                                      declared=(TensorProto.FLOAT, TEXT_AXES[::-1] + [WIDTH])),
        "square_length_first": _sizes(lookup(vocab_size, tail=tail("Transpose", perm=[1, 0, 2]),
                                             declared=(TensorProto.FLOAT, [4, 4, WIDTH])), (4, 4)),
        "output_fp64": lookup(vocab_size, tail=tail("Cast", to=TensorProto.DOUBLE),
                              declared=(TensorProto.DOUBLE, TEXT_AXES + [WIDTH])),
        "external_parent": _external(vocab_size, "../weights.bin"),
        "external_absolute": _external(vocab_size, "/weights.bin"),
        "external_missing": _external(vocab_size, "weights.bin"),
    }


def _float_ids(vocab_size):
    model = lookup(vocab_size, ids="input_ids")
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
    model.graph.node[0].input[1] = "ids_int"
    model.graph.node.insert(0, helper.make_node("Cast", ["input_ids"], ["ids_int"],
                                                to=TensorProto.INT64))
    return model


def _external(vocab_size, location):
    """Weights said to lie at `location`, which is written as it stands and never read here."""
    model = lookup(vocab_size)
    tensor = model.graph.initializer[0]
    length = len(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return model


def with_external_data(vocab_size):
    """A valid model and the bytes of the file `model.onnx_data` that must lie beside it."""
    table = _table(vocab_size)
    return _external(vocab_size, "model.onnx_data"), table.tobytes()
