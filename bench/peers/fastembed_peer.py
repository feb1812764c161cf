"""fastembed on the same graph. default: batches of 256 in the order given; best: sorted by us, batches of 32."""
from fastembed import TextEmbedding
from peer_run import run


def load(model, config):
    encoder = TextEmbedding("sentence-transformers/all-MiniLM-L6-v2", specific_model_path=model,
                            providers=["CPUExecutionProvider"])

    def embed(texts):
        if config == "default":
            return list(encoder.embed(texts))
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = [None] * len(texts)
        for row, vector in zip(order, encoder.embed([texts[i] for i in order], batch_size=32)):
            vectors[row] = vector
        return vectors

    return embed


if __name__ == "__main__":
    run("fastembed", ["fastembed", "onnxruntime"], load)
