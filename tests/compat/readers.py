"""Each function loads an exported folder the way one package's own documentation says and returns its vectors.

    readers.py NAME FOLDER GRAPH TEXTS.jsonl OUT.npy     run by compare.py, each in a process of its own
"""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np


def sentence_transformers_torch(folder, _graph, texts):
    from sentence_transformers import SentenceTransformer
    return SentenceTransformer(str(folder), device="cpu").encode(texts, batch_size=32)


def sentence_transformers_onnx(folder, graph, texts):
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(str(folder), backend="onnx",
                                model_kwargs={"file_name": graph, "provider": "CPUExecutionProvider"})
    # Batches of one: the other package's int8 files depend on their batch; ours must not, and fp32 does not care.
    return model.encode(texts, batch_size=1 if "quantized" in graph else 32)


def optimum(folder, graph, texts):
    from optimum.onnxruntime import ORTModelForFeatureExtraction
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = ORTModelForFeatureExtraction.from_pretrained(folder, file_name=Path(graph).name,
                                                         subfolder=str(Path(graph).parent))
    rows = []
    for text in texts:
        inputs = tokenizer([text], truncation=True, max_length=max_length(folder), return_tensors="np")
        hidden = np.asarray(model(**inputs)["last_hidden_state"])
        rows.append(mean_pool(hidden, inputs["attention_mask"])[0])
    return np.stack(rows)


def fastembed(folder, graph, texts):
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType
    TextEmbedding.add_custom_model(model="vetor/exported", pooling=PoolingType.MEAN, normalization=True,
                                   sources=ModelSource(hf="vetor/exported"), dim=hidden_size(folder), model_file=graph)
    model = TextEmbedding("vetor/exported", specific_model_path=str(folder))
    return np.stack(list(model.embed(texts, batch_size=32)))


def onnxruntime_and_tokenizers(folder, graph, texts):
    import onnxruntime
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_length(folder))
    tokenizer.no_padding()
    session = onnxruntime.InferenceSession(folder / graph, providers=["CPUExecutionProvider"])
    names = {value.name for value in session.get_inputs()}
    rows = []
    for text in texts:
        encoding = tokenizer.encode(text)
        inputs = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask,
                  "token_type_ids": encoding.type_ids}
        inputs = {name: np.array([value], np.int64) for name, value in inputs.items() if name in names}
        rows.append(mean_pool(session.run(["last_hidden_state"], inputs)[0], inputs["attention_mask"])[0])
    return np.stack(rows)


def vetor_python(folder, graph, texts):
    from vetor import EmbeddingsConfig, EmbeddingsService
    with EmbeddingsService(EmbeddingsConfig.for_model(folder / graph, cache_enabled=False)) as service:
        return service.encode(texts)


def transformers_js(folder, graph, texts):
    """`graph` names the precision here: transformers.js looks for onnx/model.onnx, onnx/model_quantized.onnx, ..."""
    dtype = {"model.onnx": "fp32", "model_quantized.onnx": "q8", "model_fp16.onnx": "fp16"}[Path(graph).name]
    script = Path(__file__).with_name("transformers_js.mjs")
    done = subprocess.run(["node", script, folder, dtype], input=json.dumps(texts), stdout=subprocess.PIPE, check=True,
                          encoding="utf-8")
    return np.array(json.loads(done.stdout), np.float32)


def max_length(folder):
    return json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]


def hidden_size(folder):
    return json.loads((folder / "config.json").read_text())["hidden_size"]


def mean_pool(hidden, mask):
    mask = np.asarray(mask, np.float32)[:, :, None]
    mean = (hidden * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1e-9)
    return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)


READERS = {  # name: (function, what it is called in the table, distribution whose version is shown)
    "st-torch": (sentence_transformers_torch, "sentence-transformers, torch, the original weights",
                 "sentence-transformers"),
    "vetor-python": (vetor_python, "vetor, EmbeddingsService of the Python package", "vetor"),
    "st-onnx": (sentence_transformers_onnx, 'sentence-transformers, backend="onnx"', "sentence-transformers"),
    "optimum": (optimum, "Optimum, ORTModelForFeatureExtraction", "optimum-onnx"),
    "fastembed": (fastembed, "fastembed, add_custom_model", "fastembed"),
    "ort": (onnxruntime_and_tokenizers, "onnxruntime and tokenizers by hand", "onnxruntime"),
    "transformers.js": (transformers_js, "transformers.js, pipeline feature-extraction", None),
}


def main():
    name, folder, graph, texts, out = sys.argv[1:]
    function, _, distribution = READERS[name]
    rows = [json.loads(line)["text"] for line in Path(texts).read_text(encoding="utf-8").splitlines()]
    np.save(out, np.asarray(function(Path(folder), graph, rows), np.float32))
    print(metadata.version(distribution) if distribution else "")


if __name__ == "__main__":
    main()
