"""Writes the model as OpenVINO reads it: as it is, and in static int8. Runs with the Python of the peer openvino.

usage: prepare_openvino.py FP32_FOLDER INT8_FOLDER CALIBRATION.txt; writes openvino/openvino_model.xml below the first and
openvino/openvino_model_qint8_quantized.xml below the second.

sentence_transformers.export_static_quantized_openvino_model takes its calibration texts from a data set of the hub only;
this is the same quantiser with the same settings (NNCF, SmoothQuant, 300 samples) on texts from a file.
"""
import os
import pathlib
import shutil
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"


def move(scratch, folder, name):
    """The graph only: the files beside it, as this version writes them, are not what other peers read."""
    (folder / "openvino").mkdir(exist_ok=True)
    for kind in ("bin", "xml"):  # The .xml last: it says that the pair is whole.
        shutil.move(next(pathlib.Path(scratch).rglob(f"openvino_model.{kind}")), folder / "openvino" / f"{name}.{kind}")


def main():
    import nncf
    import numpy as np
    from optimum.intel.openvino import OVConfig, OVQuantizationConfig, OVQuantizer
    from optimum.intel.openvino.quantization import OVCalibrationDataset
    from sentence_transformers import SentenceTransformer

    fp32, int8 = (pathlib.Path(argument) for argument in sys.argv[1:3])
    texts = pathlib.Path(sys.argv[3]).read_text(encoding="utf-8").splitlines()
    model = SentenceTransformer(str(fp32), device="cpu", backend="openvino", model_kwargs={"export": True})
    samples = []
    for text in texts:
        encoded = model.tokenizer(text, max_length=model.max_seq_length, truncation=True)
        samples.append({name: np.array([ids], dtype=np.int64) for name, ids in encoded.items()})
    settings = OVConfig(quantization_config=OVQuantizationConfig(num_samples=len(samples)))
    with tempfile.TemporaryDirectory(dir=int8) as scratch:
        model[0].auto_model.save_pretrained(scratch)
        move(scratch, fp32, "openvino_model")
    with tempfile.TemporaryDirectory(dir=int8) as scratch:
        OVQuantizer.from_pretrained(model[0].auto_model).quantize(
            OVCalibrationDataset(nncf.Dataset(samples)), save_directory=scratch, ov_config=settings)
        move(scratch, int8, "openvino_model_qint8_quantized")


if __name__ == "__main__":
    main()
