"""Runs the frameworks' own classes and checks over ours, and the runnable example of each."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, TINY
from vetor import EmbeddingsService

EXAMPLES = ROOT / "examples" / "python"


def test_langchain(tiny: EmbeddingsService) -> None:
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import InMemoryVectorStore
    from vetor.integrations.langchain import VetorEmbeddings

    embeddings = VetorEmbeddings(tiny)
    assert isinstance(embeddings, Embeddings)
    np.testing.assert_allclose(embeddings.embed_query("race"), tiny.encode("race", prompt_name="query"))
    np.testing.assert_allclose(embeddings.embed_documents(["race", "b"]), tiny.encode(["race", "b"], prompt_name="passage"))
    assert asyncio.run(embeddings.aembed_documents(["race"])) == embeddings.embed_documents(["race"])
    store = InMemoryVectorStore.from_texts(["race", "qualifying"], embeddings)
    assert len(store.similarity_search("race", k=1)) == 1


def test_llama_index(tiny: EmbeddingsService) -> None:
    from llama_index.core.schema import TextNode
    from vetor.integrations.llama_index import VetorEmbedding

    embedding = VetorEmbedding(tiny)
    assert embedding.model_name == "tiny-bert" and embedding.service is tiny
    np.testing.assert_allclose(embedding.get_query_embedding("race"), tiny.encode_query("race"))
    np.testing.assert_allclose(embedding.get_text_embedding("race"), tiny.encode_document("race"))
    assert asyncio.run(embedding.aget_text_embedding_batch(["race"])) == embedding.get_text_embedding_batch(["race"])
    assert asyncio.run(embedding.aget_query_embedding("race")) == embedding.get_query_embedding("race")
    assert embedding([TextNode(text="race")])[0].embedding is not None


def test_haystack(tiny: EmbeddingsService, runtime: str) -> None:
    from haystack import Document, Pipeline
    from vetor import EmbeddingsConfig
    from vetor.integrations.haystack import VetorDocumentEmbedder, VetorTextEmbedder

    document = Document(content="race", meta={"title": "Monaco"})
    embedded = VetorDocumentEmbedder(tiny, meta_fields_to_embed=["title"]).run([document])["documents"]
    np.testing.assert_allclose(embedded[0].embedding, tiny.encode_document("Monaco\nrace"))
    assert document.embedding is None
    pipeline = Pipeline()
    config = EmbeddingsConfig.for_model(TINY, onnx_runtime=runtime, cache_enabled=False)
    pipeline.add_component("query", VetorTextEmbedder(config))
    restored = Pipeline.loads(pipeline.dumps(), allowed_modules=["vetor.integrations.haystack"])
    answer = restored.run({"query": {"text": "race"}})["query"]
    np.testing.assert_allclose(answer["embedding"], tiny.encode_query("race"))
    assert answer["meta"] == {"model": "tiny-bert"}


# embed_documents("abc") gave the numbers of one vector.
def test_a_str_is_not_a_list_of_str(tiny: EmbeddingsService) -> None:
    from vetor.integrations.langchain import VetorEmbeddings
    from vetor.integrations.llama_index import VetorEmbedding

    embeddings, embedding = VetorEmbeddings(tiny), VetorEmbedding(tiny)
    for texts, said in (("abc", "texts is str; expected a list of str"), (["a", 3], r"texts\[1\] is int; expected str")):
        with pytest.raises(TypeError, match=said):
            embeddings.embed_documents(texts)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=said):
            embedding._get_text_embeddings(texts)  # type: ignore[arg-type]
    for text, found in ((3, "int"), (["a"], "list")):
        with pytest.raises(TypeError, match=f"text is {found}; expected str"):
            embeddings.embed_query(text)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=f"query is {found}; expected str"):
            embedding._get_query_embedding(text)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=f"text is {found}; expected str"):
            embedding._get_text_embedding(text)  # type: ignore[arg-type]


def test_haystack_components_come_back_from_their_dict(tiny: EmbeddingsService) -> None:
    from vetor.integrations.haystack import VetorDocumentEmbedder, VetorTextEmbedder

    text = VetorTextEmbedder(model=str(TINY))
    assert VetorTextEmbedder.from_dict(text.to_dict()).to_dict() == text.to_dict()
    documents = VetorDocumentEmbedder(tiny, ["title"], " | ")
    again = VetorDocumentEmbedder.from_dict(documents.to_dict())
    assert again.to_dict() == documents.to_dict() and again.service.fingerprint == tiny.fingerprint
    assert (again.meta_fields_to_embed, again.embedding_separator) == (["title"], " | ")


@pytest.mark.parametrize(("module", "package", "needed"), [("langchain", "langchain_core", "langchain-core"),
                                                           ("llama_index", "llama_index", "llama-index-core"),
                                                           ("haystack", "haystack", "haystack-ai")])
def test_a_missing_framework_is_named_and_vetor_imports_none(module: str, package: str, needed: str) -> None:
    program = (f"import sys, vetor, vetor.integrations\nassert {package!r} not in sys.modules\nsys.modules[{package!r}] = None\n"
               f"import vetor.integrations.{module}")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"pip install {needed}" in done.stderr


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_examples_run(example: str, minilm: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(EXAMPLES / example), str(minilm)], capture_output=True, text=True, cwd=tmp_path,
                          check=False)
    assert done.returncode == 0 and "Brazilian" in done.stdout, done.stdout + done.stderr
