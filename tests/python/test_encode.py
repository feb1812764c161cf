"""Tests EmbeddingsService.encode with the keywords of SentenceTransformer.encode 5.7."""

from __future__ import annotations

import inspect
import json
import shutil
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vetor
from conftest import ROOT, TINY
from numpy.typing import NDArray
from vetor import EmbeddingsConfig, EmbeddingsService
from vetor._encode import quantized

TEXTS = ["race in Monaco", "qualifying", "GP de São Paulo"]
# The frozen answers of the original (tools/oracle/make_quantized.py).
ORACLE = json.loads((ROOT / "tests" / "data" / "python" / "quantized.json").read_text(encoding="utf-8"))
DTYPES = {"int8": np.int8, "uint8": np.uint8, "binary": np.int8, "ubinary": np.uint8}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoint as `vetor export` writes it now, with ranges."""
    return vetor.export_model(TINY, tmp_path_factory.mktemp("exported") / "out", quantize=True).output


@pytest.fixture
def ranged(exported: Path) -> Iterator[EmbeddingsService]:
    with EmbeddingsService(EmbeddingsConfig.for_model(exported, cache_enabled=False)) as service:
        yield service


@pytest.mark.parametrize("precision", ["int8", "uint8", "binary", "ubinary"])
def test_quantised_as_sentence_transformers(precision: str) -> None:
    vectors, ranges = np.array(ORACLE["vectors"], np.float32), np.array(ORACLE["ranges"], np.float32)
    answer = quantized(vectors, precision, ranges)
    assert answer.dtype == DTYPES[precision] and answer.tolist() == ORACLE[precision]


def test_ranges_in_double_are_reckoned_in_double() -> None:
    vectors, ranges = np.array(ORACLE["vectors"], np.float32), np.array(ORACLE["ranges"], np.float64)
    assert quantized(vectors, "int8", ranges * 1.0001).tolist() == ORACLE["int8, ranges in double"]


def test_the_order_is_sentence_transformers(tiny: EmbeddingsService) -> None:
    np.testing.assert_array_equal(tiny.encode(TEXTS, "query", None, 8), tiny.encode(TEXTS, prompt_name="query", batch_size=8))
    np.testing.assert_array_equal(tiny.encode(TEXTS, None, "query: ", 8), tiny.encode(TEXTS, prompt="query: "))
    for call in (tiny.encode, tiny.encode_query, tiny.encode_document):
        with pytest.raises(TypeError, match="batch_size is a keyword"):
            call(TEXTS, 32)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="expected int"):
        tiny.encode(TEXTS, batch_size="32")  # type: ignore[call-overload]


# sentence-transformers 5.7 calls the texts `inputs`.
def test_the_texts_have_two_names(tiny: EmbeddingsService) -> None:
    for call in (tiny.encode, tiny.encode_query, tiny.encode_document):
        np.testing.assert_array_equal(call(inputs=TEXTS), call(TEXTS))
        np.testing.assert_array_equal(call(inputs="race", truncate_dim=5), call(sentences="race", truncate_dim=5))
        with pytest.raises(TypeError, match="sentences and inputs are two names of one argument"):
            call(TEXTS, inputs=TEXTS)
        with pytest.raises(TypeError, match="expected a str or a list of str"):
            call()
    assert tiny.encode(inputs=[]).shape == (0, tiny.dim)


def test_several_processes_are_refused_by_name(tiny: EmbeddingsService) -> None:
    for call in (tiny.encode, tiny.encode_query, tiny.encode_document):
        np.testing.assert_array_equal(call(TEXTS, pool=None, chunk_size=None), call(TEXTS))
        for keyword, value in (("pool", {"processes": []}), ("chunk_size", 100)):
            with pytest.raises(TypeError, match=f"^{keyword} is for several processes.*uses all cores by itself"):
                call(TEXTS, **{keyword: value})  # type: ignore[call-overload]


def test_signatures_are_explicit() -> None:
    ours = list(inspect.signature(EmbeddingsService.encode).parameters)
    assert ours[:5] == ["self", "sentences", "prompt_name", "prompt", "batch_size"]
    theirs = ["show_progress_bar", "output_value", "precision", "convert_to_numpy", "convert_to_tensor", "device",
              "normalize_embeddings", "truncate_dim"]
    assert ours[5:13] == theirs
    for method in (EmbeddingsService.encode, EmbeddingsService.encode_query, EmbeddingsService.encode_document,
                   EmbeddingsService.embed_texts, EmbeddingsService.embed, vetor.embed_column):
        kinds = {parameter.kind for parameter in inspect.signature(method).parameters.values()}
        assert inspect.Parameter.VAR_KEYWORD not in kinds, method
    same = [inspect.signature(method) for method in (EmbeddingsService.encode, EmbeddingsService.encode_query,
                                                     EmbeddingsService.encode_document)]
    assert same[0].parameters == same[1].parameters == same[2].parameters
    embed, texts = inspect.signature(EmbeddingsService.embed), inspect.signature(EmbeddingsService.embed_texts)
    assert embed.parameters == texts.parameters


def test_every_keyword_reaches_the_vectors_from_each_method(ranged: EmbeddingsService) -> None:
    for call, prompt_name in ((ranged.encode, None), (ranged.encode_query, "query"), (ranged.encode_document, "passage")):
        plain = ranged.encode(TEXTS, prompt_name=prompt_name)
        np.testing.assert_array_equal(call(TEXTS), plain)
        np.testing.assert_array_equal(call(TEXTS, precision="ubinary"), np.packbits(plain > 0, axis=1))
        np.testing.assert_array_equal(call(TEXTS, convert_to_numpy=False)[2], plain[2])
        assert call(TEXTS[0], truncate_dim=5, use_cache=False).shape == (5,)
        assert call(TEXTS, precision="int8").dtype == np.int8


def test_device(tiny: EmbeddingsService, hashing: EmbeddingsService) -> None:
    for service in (tiny, hashing):
        torch_device = type("device", (), {"__str__": lambda self: "cpu"})()
        for device in (None, "cpu", "cpu:0", torch_device):
            assert service.encode(TEXTS, device=device).shape == (3, service.dim)
        for device in ("cuda", "cuda:0", "mps", ["cpu", "cpu"]):
            with pytest.raises(vetor.InvalidArgument, match='expected None or "cpu"'):
                service.encode(TEXTS, device=device)


@pytest.mark.parametrize(("provider", "device", "good"), [
    ("CUDAExecutionProvider (12 of 400 nodes on CPUExecutionProvider)", "cuda", True), ("CUDAExecutionProvider", "cuda:0", True),
    ("CUDAExecutionProvider", "cpu", True), ("CUDAExecutionProvider", "mps", False), ("CoreMLExecutionProvider", "mps", True),
    ("OpenVINOExecutionProvider", "openvino", True), ("CPUExecutionProvider", "cuda", False)])
def test_device_of_other_providers(provider: str, device: str, good: bool) -> None:
    from vetor._encode import check_device

    if good:
        check_device(device, provider)
    else:
        with pytest.raises(vetor.InvalidArgument, match=provider.split()[0]):
            check_device(device, provider)


@pytest.mark.parametrize("output_value", ["token_embeddings", None, "sparse"])
def test_another_output_is_not_yet(tiny: EmbeddingsService, output_value: "str | None") -> None:
    with pytest.raises(vetor.Unimplemented, match="is not supported"):
        tiny.encode(TEXTS, output_value=output_value)
    assert tiny.encode(TEXTS, output_value="sentence_embedding").shape == (3, tiny.dim)


# sentence-transformers does not scale again what it cut, unless the call asks for length 1; `dim` of the service does.
def test_truncate_dim_gives_the_first_components(tiny: EmbeddingsService, runtime: str) -> None:
    for settings in ({"onnx_runtime": runtime}, {"onnx_runtime": runtime, "normalize": False}):
        with EmbeddingsService(EmbeddingsConfig.for_model(TINY, cache_enabled=False, **settings)) as whole, \
             EmbeddingsService(EmbeddingsConfig.for_model(TINY, onnx_runtime=runtime, cache_enabled=False, dim=8)) as cut:
            np.testing.assert_array_equal(whole.encode(TEXTS, truncate_dim=8), whole.encode(TEXTS)[:, :8])
            np.testing.assert_array_equal(whole.encode(TEXTS, truncate_dim=whole.dim), whole.encode(TEXTS))
            unit = whole.encode(TEXTS, truncate_dim=8, normalize_embeddings=True)
            np.testing.assert_allclose(unit, cut.encode(TEXTS), atol=1e-6)
    for wrong in (0, -1, tiny.dim + 1):
        with pytest.raises(vetor.InvalidArgument, match=f"1 to {tiny.dim}"):
            tiny.encode(TEXTS, truncate_dim=wrong)
    with pytest.raises(TypeError, match="expected int"):
        tiny.encode(TEXTS, truncate_dim=8.0)  # type: ignore[call-overload]


# It was refused for every service that scales, even if the model itself scales and sentence-transformers gives the same vector.
def test_without_scaling_is_the_models_own_output(tiny: EmbeddingsService, runtime: str, tmp_path: Path) -> None:
    np.testing.assert_array_equal(tiny.encode(TEXTS, normalize_embeddings=False), tiny.encode(TEXTS))
    np.testing.assert_array_equal(tiny.encode(TEXTS, normalize_embeddings=False, truncate_dim=8), tiny.encode(TEXTS)[:, :8])
    with EmbeddingsService(EmbeddingsConfig.for_model(TINY, onnx_runtime=runtime, cache_enabled=False, dim=tiny.dim)) as whole:
        np.testing.assert_array_equal(whole.encode(TEXTS, normalize_embeddings=False), tiny.encode(TEXTS))
    # These would differ in silence: a cut that is scaled again, a model without Normalize, hashing.
    plain = tmp_path / "plain"
    shutil.copytree(TINY, plain)
    modules = json.loads((plain / "modules.json").read_text(encoding="utf-8"))
    (plain / "modules.json").write_text(json.dumps(modules[:2]), encoding="utf-8")
    for config in (EmbeddingsConfig.for_model(TINY, onnx_runtime=runtime, cache_enabled=False, dim=8),
                   EmbeddingsConfig.for_model(plain, onnx_runtime=runtime, cache_enabled=False),
                   EmbeddingsConfig(cache_enabled=False)):
        with EmbeddingsService(config) as service, pytest.raises(vetor.InvalidArgument, match="normalize=False"):
            service.encode(TEXTS, normalize_embeddings=False)
    with EmbeddingsService(EmbeddingsConfig.for_model(plain, onnx_runtime=runtime, cache_enabled=False, normalize=False)) as raw:
        np.testing.assert_array_equal(raw.encode(TEXTS, normalize_embeddings=False), raw.encode(TEXTS))


def ranges_in(record: Path, graph: str) -> NDArray[np.float32]:
    import base64

    recorded = json.loads(record.read_text(encoding="utf-8"))["probes"]["graphs"][graph]["ranges"]
    return np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in recorded])


@pytest.mark.parametrize("graph", ["model.onnx", "model_quantized.onnx"])
def test_int8_by_the_ranges_that_export_wrote(exported: Path, graph: str) -> None:
    ranges = ranges_in(exported / "vetor_model.json", graph)
    with EmbeddingsService(EmbeddingsConfig.for_model(exported / graph, cache_enabled=False)) as service:
        assert ranges.shape == (2, service.dim) and (ranges[0] < ranges[1]).all()
        vectors = service.encode(TEXTS)
        for precision in ("int8", "uint8"):
            answer = service.encode(TEXTS, precision=precision)
            assert answer.dtype == DTYPES[precision]
            np.testing.assert_array_equal(answer, quantized(vectors, precision, ranges))
            np.testing.assert_array_equal(service.encode(TEXTS[1], precision=precision), answer[1])
            np.testing.assert_array_equal(service.encode(TEXTS, precision=precision, ranges=ranges), answer)
        # The record's own eight texts lie inside, so that no component of them is cut.
        probes = json.loads((exported / "vetor_model.json").read_text(encoding="utf-8"))["probes"]["texts"]
        inside = service.encode(probes)
        assert (inside >= ranges[0] - 1e-5).all() and (inside <= ranges[1] + 1e-5).all()


def test_signs_keep_the_nearest_text(ranged: EmbeddingsService) -> None:
    vectors = ranged.encode(TEXTS)
    bits = ranged.encode(TEXTS, precision="ubinary")
    assert bits.shape == (3, ranged.dim // 8)
    np.testing.assert_array_equal(np.unpackbits(bits, axis=1), vectors > 0)
    np.testing.assert_array_equal(ranged.encode(TEXTS, precision="binary").astype(int), bits.astype(int) - 128)
    assert ranged.encode(TEXTS[0], precision="binary").shape == (ranged.dim // 8,)


@pytest.mark.parametrize("options", [{}, {"truncate_dim": 8}])
def test_int8_without_ranges_names_both_ways(tiny: EmbeddingsService, options: "dict[str, Any]") -> None:
    with pytest.raises(vetor.InvalidArgument, match=r"vetor export.* vetor_model.json.*ranges=\["):
        tiny.encode(TEXTS, precision="int8", **options)


# The message said to export the model again, which does not help there.
@pytest.mark.parametrize("precision", ["int8", "uint8"])
@pytest.mark.parametrize(("settings", "options", "why"), [
    ({}, {"truncate_dim": 8}, "truncate_dim cuts"), ({"dim": 8}, {}, r"this service cuts its vectors \(dim\)"),
    ({"normalize": False}, {}, r"not scaled \(normalize=False\)"), (None, {}, "this service hashes")])
def test_where_no_recorded_range_can_be_the_reason_is_named(precision: str, settings: "dict[str, Any] | None",
                                                            options: "dict[str, Any]", why: str) -> None:
    config = EmbeddingsConfig() if settings is None else EmbeddingsConfig.for_model(TINY, **settings)
    config.cache_enabled = False
    with EmbeddingsService(config) as service:
        with pytest.raises(vetor.InvalidArgument, match=f"a model's own vectors.*{why}.*pass ranges=\\[2, ") as caught:
            service.encode(TEXTS, precision=precision, **options)
    assert "export the model again" not in str(caught.value)


# The record has ranges of whole vectors of length 1; other vectors have another scale.
def test_recorded_ranges_are_not_taken_for_other_vectors(exported: Path) -> None:
    for settings, options in (({"dim": 8}, {}), ({"normalize": False}, {}), ({}, {"truncate_dim": 8})):
        with EmbeddingsService(EmbeddingsConfig.for_model(exported, cache_enabled=False, **settings)) as service:
            with pytest.raises(vetor.InvalidArgument, match="ranges="):
                service.encode(TEXTS, precision="int8", **options)
    with EmbeddingsService(EmbeddingsConfig.for_model(exported, cache_enabled=False, normalize=False)) as raw:
        assert raw.encode(TEXTS, precision="int8", normalize_embeddings=True).dtype == np.int8


@pytest.mark.parametrize(("ranges", "word"), [
    ([[0.0] * 32], "shape"), ([[0.0] * 31] * 2, "shape"), ([["a"] * 32] * 2, "numbers"), ([[1.0] * 32, [0.0] * 32], "greater"),
    ([[0.0] * 32, [float("nan")] * 32], "finite"), ([[0.0] * 32, [1.0]], r"numbers \[2, 32\]"), ([[0.0], [[1.0]]], "numbers")])
def test_ranges_out_of_form(tiny: EmbeddingsService, ranges: "list[list[float]]", word: str) -> None:
    with pytest.raises(vetor.InvalidArgument, match=word):
        tiny.encode(TEXTS, precision="int8", ranges=ranges)


# sentence-transformers only asks whether it is true.
def test_normalize_embeddings_takes_0_and_1(tiny: EmbeddingsService, runtime: str) -> None:
    for digit, truth in ((0, False), (1, True)):
        np.testing.assert_array_equal(tiny.encode(TEXTS, normalize_embeddings=digit),  # type: ignore[call-overload]
                                      tiny.encode(TEXTS, normalize_embeddings=truth))
    with EmbeddingsService(EmbeddingsConfig.for_model(TINY, onnx_runtime=runtime, normalize=False, cache_enabled=False)) as raw:
        np.testing.assert_allclose(raw.encode(TEXTS, normalize_embeddings=1), tiny.encode(TEXTS), atol=1e-6)  # type: ignore[call-overload]
    for other in (2, -1, "yes", 0.0):
        with pytest.raises(TypeError, match="expected True, False or None"):
            tiny.encode(TEXTS, normalize_embeddings=other)  # type: ignore[call-overload]


def test_what_cannot_be_is_named(tiny: EmbeddingsService) -> None:
    with pytest.raises(vetor.InvalidArgument, match="float32, int8"):
        tiny.encode(TEXTS, precision="int4")  # type: ignore[call-overload]
    with pytest.raises(vetor.InvalidArgument, match='for precision "int8"'):
        tiny.encode(TEXTS, ranges=np.zeros((2, tiny.dim)))
    with pytest.raises(TypeError, match="token_type"):
        tiny.encode(TEXTS, token_type=1)  # type: ignore[call-overload]


def test_a_tensor_where_torch_is(tiny: EmbeddingsService, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = types.ModuleType("torch")
    setattr(torch, "from_numpy", lambda array: ("tensor", array))
    monkeypatch.setitem(sys.modules, "torch", torch)
    kind, array = tiny.encode(TEXTS, convert_to_tensor=True)
    assert kind == "tensor" and array.shape == (3, tiny.dim)
    assert tiny.encode(TEXTS[0], convert_to_tensor=True, convert_to_numpy=False)[1].shape == (tiny.dim,)


def test_a_tensor_without_torch_names_the_package(tiny: EmbeddingsService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="pip install torch"):
        tiny.encode(TEXTS, convert_to_tensor=True)


def test_the_fingerprint_is_of_what_shapes_a_vector(tmp_path: Path) -> None:
    def of(**settings: Any) -> str:
        with EmbeddingsService(EmbeddingsConfig.for_model(TINY, cache_dir=tmp_path, **settings)) as service:
            return service.fingerprint

    assert len(of()) == 64 and of() == of(threads=1, batch_size=2, cache_memory_mb=1)
    shaping = [{}, {"dim": 8}, {"normalize": False}, {"onnx_prompt_name": "query"}, {"onnx_on_long": "window"}]
    assert len({of(**settings) for settings in shaping}) == len(shaping)
