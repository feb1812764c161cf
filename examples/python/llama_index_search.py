"""LlamaIndex: which event does a title mean?    python llama_index_search.py MODEL_FOLDER"""

import sys

from llama_index.core.schema import TextNode
from vetor.integrations.llama_index import VetorEmbedding


def main(model: str) -> None:
    embedding = VetorEmbedding(model)
    nodes = embedding([TextNode(text=event) for event in ("Brazilian Grand Prix", "Hungarian Grand Prix", "Qatar Grand Prix")])
    query = embedding.get_query_embedding("GP de São Paulo, Brasil")
    for node in sorted(nodes, key=lambda node: -embedding.similarity(query, node.embedding or [])):
        print(f"{embedding.similarity(query, node.embedding or []):.3f}  {node.get_content()}")


if __name__ == "__main__":
    main(sys.argv[1])
