"""LangChain: which event does a title mean?    python langchain_search.py MODEL_FOLDER"""

import sys

from langchain_core.vectorstores import InMemoryVectorStore
from vetor.integrations.langchain import VetorEmbeddings


def main(model: str) -> None:
    events = ["Brazilian Grand Prix", "Hungarian Grand Prix", "Qatar Grand Prix"]
    store = InMemoryVectorStore.from_texts(events, VetorEmbeddings(model))
    for document, score in store.similarity_search_with_score("GP de São Paulo, Brasil", k=3):
        print(f"{score:.3f}  {document.page_content}")


if __name__ == "__main__":
    main(sys.argv[1])
