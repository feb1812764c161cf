"""cohere: v2/embed, where input_type chooses the model's prompt, with float and small types, and its classes of errors."""

import cohere
from checks import Case, Checks, expect, finish, same_vectors


def small_types(client, case):
    answer = client.embed(texts=case.texts, model=case.model, input_type="search_query",
                          embedding_types=["float", "ubinary"])
    same_vectors(answer.embeddings.float_, case.query_vectors)
    width = len(case.vectors[0])
    for row, bits in zip(case.query_vectors, answer.embeddings.ubinary):
        expect(len(bits) == (width + 7) // 8, f"{len(bits)} bytes for {width} components")
        expect([bits[i // 8] >> (7 - i % 8) & 1 for i in range(width)] == [int(x > 0) for x in row], "other bits")


def unknown_model(client):
    try:
        client.embed(texts=["a"], model="no-such-model", input_type="search_query", embedding_types=["float"])
    except cohere.errors.NotFoundError:
        return
    raise AssertionError("expected NotFoundError, found no error")


def main():
    case = Case()
    checks = Checks("cohere")
    client = cohere.ClientV2(api_key="unused", base_url=case.url)

    def embed(kind):
        return client.embed(texts=case.texts, model=case.model, input_type=kind, embedding_types=["float"])

    checks.check("clustering", lambda: same_vectors(embed("clustering").embeddings.float_, case.vectors))
    checks.check("search_document", lambda: same_vectors(embed("search_document").embeddings.float_, case.passage_vectors))
    checks.check("float and ubinary", lambda: small_types(client, case))
    checks.check("billed tokens", lambda: expect(embed("clustering").meta.billed_units.input_tokens > 0, "no tokens"))
    checks.check("an unknown model", lambda: unknown_model(client))
    finish(checks)


main()
