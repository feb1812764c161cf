"""huggingface_hub's InferenceClient, which posts to the root: feature_extraction and sentence_similarity."""

from checks import Case, Checks, cosine, expect, finish, same_vectors
from huggingface_hub import InferenceClient


def similarities(client, case):
    found = client.sentence_similarity(case.texts[0], other_sentences=case.texts[1:3])
    expected = [cosine(case.vectors[0], other) for other in case.vectors[1:3]]
    expect(len(found) == 2 and all(abs(a - b) < 1e-4 for a, b in zip(found, expected)), f"{found}, expected {expected}")


def main():
    case = Case()
    checks = Checks("huggingface_hub")
    client = InferenceClient(base_url=case.url)
    checks.check("feature_extraction", lambda: same_vectors(client.feature_extraction(case.texts), case.vectors))
    checks.check("feature_extraction, one text", lambda: same_vectors(
        client.feature_extraction(case.texts[0], normalize=True, truncate=True), case.vectors[:1]))
    checks.check("sentence_similarity", lambda: similarities(client, case))
    finish(checks)


main()
