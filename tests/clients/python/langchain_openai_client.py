"""langchain-openai's OpenAIEmbeddings. By default it sends ids of OpenAI's tokenizer, which no other model knows: the
server refuses them and names the argument that sends texts."""

import tiktoken
from checks import Case, Checks, expect, finish, same_vectors
from langchain_openai import OpenAIEmbeddings


def use_local_encoding():
    """tiktoken downloads its encodings; one token per byte shows the same path."""
    encoding = tiktoken.Encoding("bytes", pat_str=r"(?s:.)", mergeable_ranks={bytes([i]): i for i in range(256)},
                                 special_tokens={})
    tiktoken.encoding_for_model = lambda _: encoding
    tiktoken.get_encoding = lambda _: encoding


def token_ids_are_refused(case, common):
    use_local_encoding()
    try:
        OpenAIEmbeddings(**common).embed_documents(case.texts)
    except Exception as error:
        expect("check_embedding_ctx_length=False" in str(error), f"the error lacks the remedy: {error}")
        return
    raise AssertionError("expected an error, found vectors")


def main():
    case = Case()
    checks = Checks("langchain-openai")
    common = {"base_url": case.url + "/v1", "api_key": "unused", "model": case.model, "max_retries": 0}
    client = OpenAIEmbeddings(**common, check_embedding_ctx_length=False)
    checks.check("embed_documents", lambda: same_vectors(client.embed_documents(case.texts), case.vectors))
    checks.check("embed_query", lambda: same_vectors([client.embed_query(case.texts[0])], case.vectors[:1]))
    checks.check("token ids", lambda: token_ids_are_refused(case, common))
    finish(checks)


main()
