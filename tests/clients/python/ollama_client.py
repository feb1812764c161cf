"""ollama: embed, the older embeddings, and what apps ask first (list, show)."""

import ollama
from checks import Case, Checks, expect, finish, same_vectors


def unknown_model(client):
    try:
        client.embed(model="no-such-model", input="a")
    except ollama.ResponseError as error:
        expect(error.status_code == 404, f"status {error.status_code}")
        return
    raise AssertionError("expected ResponseError, found no error")


def main():
    case = Case()
    checks = Checks("ollama")
    client = ollama.Client(host=case.url)
    checks.check("embed", lambda: same_vectors(client.embed(model=case.model, input=case.texts).embeddings, case.vectors))
    checks.check("embed, one text", lambda: same_vectors(
        client.embed(model=case.model + ":latest", input=case.texts[0]).embeddings, case.vectors[:1]))
    checks.check("embeddings", lambda: same_vectors(
        [client.embeddings(model=case.model, prompt=case.texts[0]).embedding], case.vectors[:1]))
    checks.check("list", lambda: expect(any(m.model.startswith(case.model) for m in client.list().models), "not listed"))
    checks.check("show", lambda: expect(client.show(case.model) is not None, "nothing"))
    checks.check("an unknown model", lambda: unknown_model(client))
    finish(checks)


main()
