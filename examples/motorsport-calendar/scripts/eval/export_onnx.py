#!/usr/bin/env python3
"""Exports the calendar's embedding model to ONNX, with vetor's exporter (no torch).

    python scripts/eval/export_onnx.py --model_id sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2 \\
        --output_dir models/embeddings-onnx --quantize

Written are model.onnx (fp32), with --quantize model_quantized.onnx (int8), with --fp16 model_fp16.onnx, and the tokenizer:
`onnx_model_path="models/embeddings-onnx/model.onnx"` then works. Exit code 0; 1: the work failed; 2: the call is wrong.
"""

from __future__ import annotations

import argparse
import sys
from typing import List, Optional

import vetor


def parse(arguments: Optional[List[str]]) -> argparse.Namespace:
    """The flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model_id", "--model-id", default="sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
                        help="a hub id, or a folder with config.json and weights")
    parser.add_argument("--revision", help="branch, tag or commit of a hub id")
    parser.add_argument("--output_dir", "--output-dir", default="models/embeddings-onnx", help="the folder to make")
    parser.add_argument("--quantize", action="store_true", help="model_quantized.onnx (int8) too")
    parser.add_argument("--fp16", action="store_true", help="model_fp16.onnx too")
    parser.add_argument("--opset", type=int, default=12, help="ONNX operator set, 12 to 23")
    parser.add_argument("--overwrite", action="store_true", help="replace a folder that is there")
    return parser.parse_args(arguments)


def summary(report: vetor.ExportReport) -> str:
    """What was written, for the calendar's people."""
    lines = [f"Modelo exportado para {report.output} ({report.family}, opset {report.opset}, {report.seconds:.1f} s)"]
    for graph in report.graphs:
        cosine = "referência" if graph.precision == "fp32" else (
            f"cosseno com fp32: médio {graph.mean_cosine:.5f}, pior {graph.worst_cosine:.5f}")
        lines.append(f"  {graph.file:<22} {graph.precision:<5} {graph.bytes / 1e6:>9.1f} MB  {cosine}")
    lines += [f"  aviso: {warning}" for warning in report.warnings]
    return "\n".join([*lines, f'Para usar: onnx_model_path="{report.output / report.graphs[0].file}"'])


def main(arguments: Optional[List[str]] = None) -> int:
    """Exports and says what came out. Returns the exit code."""
    options = parse(arguments)
    try:
        report = vetor.export_model(options.model_id, options.output_dir, quantize=options.quantize, fp16=options.fp16,
                                    opset=options.opset, overwrite=options.overwrite, revision=options.revision,
                                    show_progress=sys.stderr.isatty())
    except vetor.VetorError as error:
        reason = str(error).replace("option overwrite", "--overwrite")
        print(f"Falha ao exportar: {reason}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Interrompido: nada foi escrito", file=sys.stderr)
        return vetor.Cancelled.exit_code
    print(summary(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
