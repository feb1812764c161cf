"""pandas: a column of titles becomes a column of vectors.    python pandas_column.py MODEL_FOLDER"""

import sys

import numpy as np
import pandas
from vetor import EmbeddingsConfig, EmbeddingsService, embed_column


def main(model: str) -> None:
    frame = pandas.DataFrame({"event": ["Brazilian Grand Prix", "Hungarian Grand Prix", "Qatar Grand Prix"]})
    with EmbeddingsService(EmbeddingsConfig.for_model(model)) as service:
        frame = embed_column(frame, "event", service)
        query = service.encode_query("GP de São Paulo, Brasil")
    frame["score"] = np.stack(list(frame["embedding"])) @ query
    print(frame.sort_values("score", ascending=False)[["event", "score"]].to_string(index=False))


if __name__ == "__main__":
    main(sys.argv[1])
