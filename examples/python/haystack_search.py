"""Haystack: which event does a title mean?    python haystack_search.py MODEL_FOLDER"""

import sys

from haystack import Document
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from vetor.integrations.haystack import VetorDocumentEmbedder, VetorTextEmbedder


def main(model: str) -> None:
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    events = [Document(content=event) for event in ("Brazilian Grand Prix", "Hungarian Grand Prix", "Qatar Grand Prix")]
    documents = VetorDocumentEmbedder(model)
    store.write_documents(documents.run(events)["documents"])
    query = VetorTextEmbedder(documents.service).run("GP de São Paulo, Brasil")["embedding"]
    for document in InMemoryEmbeddingRetriever(store).run(query_embedding=query)["documents"]:
        print(f"{document.score:.3f}  {document.content}")


if __name__ == "__main__":
    main(sys.argv[1])
