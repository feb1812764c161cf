"""openai: floats, base64 (its default), dimensions, lists of models, and errors that its classes know."""

import openai
from checks import Case, Checks, cut_to, expect, finish, same_vectors


def rows(answer):
    return [entry.embedding for entry in sorted(answer.data, key=lambda entry: entry.index)]


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, found no error")


def token_ids_are_refused(client, case):
    error = raises(openai.BadRequestError, lambda: client.embeddings.create(model=case.model, input=[[101, 7592, 102]]))
    expect(error.code == "token_ids_not_supported", f"code {error.code}")
    expect("check_embedding_ctx_length=False" in str(error), str(error))


def usage_counts_tokens(client, case):
    usage = client.embeddings.create(model=case.model, input="one two").usage
    expect(usage.prompt_tokens == usage.total_tokens and 3 <= usage.total_tokens < 20, str(usage))


def main():
    case = Case()
    checks = Checks("openai")
    client = openai.OpenAI(base_url=case.url + "/v1", api_key="unused", max_retries=0)
    create = client.embeddings.create
    checks.check("base64, its default", lambda: same_vectors(rows(create(model=case.model, input=case.texts)), case.vectors))
    checks.check("floats", lambda: same_vectors(
        rows(create(model=case.model, input=case.texts, encoding_format="float")), case.vectors))
    checks.check("one text", lambda: same_vectors(rows(create(model=case.model, input=case.texts[0])), case.vectors[:1]))
    checks.check("3,000 texts in one request", lambda: same_vectors(
        rows(create(model=case.model, input=case.texts[:2] * 1500)), case.vectors[:2] * 1500))
    checks.check("dimensions", lambda: same_vectors(
        rows(create(model=case.model, input=case.texts, dimensions=4)), cut_to(case.vectors, 4)))
    checks.check("too many dimensions", lambda: raises(
        openai.BadRequestError, lambda: create(model=case.model, input="a", dimensions=100_000)))
    checks.check("an unknown model", lambda: raises(openai.NotFoundError, lambda: create(model="no-such-model", input="a")))
    checks.check("an empty list", lambda: raises(openai.BadRequestError, lambda: create(model=case.model, input=[])))
    checks.check("token ids", lambda: token_ids_are_refused(client, case))
    checks.check("usage", lambda: usage_counts_tokens(client, case))
    checks.check("models", lambda: expect(case.model in [m.id for m in client.models.list()], "the model is not listed"))
    checks.check("one model", lambda: expect(client.models.retrieve(case.model).id == case.model, "another id"))
    finish(checks)


main()
