"""LlamaIndex's client of text-embeddings-inference."""

from checks import Case, Checks, finish, same_vectors
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference

PACKAGE = "llama-index-embeddings-text-embeddings-inference"


def main():
    case = Case()
    checks = Checks(PACKAGE)
    client = TextEmbeddingsInference(base_url=case.url, model_name=case.model, embed_batch_size=100)
    # It strips no text and puts no instruction in front of a model that it does not know.
    texts, vectors = case.texts * 20, case.vectors * 20
    checks.check("batch of 100", lambda: same_vectors(client.get_text_embedding_batch(texts), vectors))
    checks.check("one query", lambda: same_vectors([client.get_query_embedding(case.texts[0])], case.vectors[:1]))
    finish(checks)


main()
