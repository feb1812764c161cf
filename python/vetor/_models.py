"""Two ways to get a model: export_model turns a checkpoint into ONNX files, pull_model fetches a model from a hub."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vetor import _native
from vetor._checks import flag, names, optional_text, path_of, text, way_to_tell, whole
from vetor._logging import logger
from vetor._progress import Progress, StepProgress, shown, shown_steps
from vetor._runtime import default_library


@dataclass(frozen=True)
class ExportedGraph:
    """One graph of an export."""

    file: str
    """Relative to the folder, such as "model_quantized.onnx"."""
    precision: str
    """"fp32", "fp16" or "int8"."""
    bytes: int
    """Size of the file, external data included."""
    max_difference: float
    """Largest |difference| of a component of the probe texts' vectors (unit length) to those of the reference pass in
    double."""
    mean_cosine: float
    """Mean cosine of the text vectors to those of fp32; 1 for fp32 itself."""
    worst_cosine: float
    """The smallest of these cosines."""


@dataclass(frozen=True)
class ExportReport:
    """The result of `export_model`."""

    output: Path
    """The folder that was made."""
    family: str
    """"bert", "xlm-roberta", ..."""
    opset: int
    graphs: tuple[ExportedGraph, ...]
    """One per precision."""
    seconds: float
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """Facts that are good to know and not faults, such as the tensors of a head that were left out."""


@dataclass(frozen=True)
class PulledModel:
    """The result of `pull_model`."""

    folder: Path
    """The snapshot in the hub cache, which other Python packages share."""
    commit: str
    """The commit of the repository."""
    files: tuple[str, ...]
    """Relative to the folder, sorted."""
    fetched_bytes: int
    """Bytes that came over the network; 0 if every file was there already."""
    has_graph: bool
    """An ONNX graph is among the files. If not: `export_model`."""
    unreached: str
    """Why the hub was not asked or gave no answer, if this is the complete copy in the cache; "" if the hub answered."""


def export_model(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    precisions: Iterable[str] = ("fp32",),
    quantize: bool = False,
    fp16: bool = False,
    opset: int = 12,
    layout: str = "root",
    sentence_embedding: bool = False,
    quantize_scheme: str = "per-row",
    calibration: str | os.PathLike[str] | None = None,
    force: bool = False,
    overwrite: bool = False,
    revision: str | None = None,
    library_path: str | os.PathLike[str] | None = None,
    progress: StepProgress | None = None,
    show_progress: bool = False,
) -> ExportReport:
    """Makes a folder of ONNX files of a Hugging Face checkpoint, without torch, and checks them by running them.

        report = vetor.export_model("models/my-checkpoint", "models/my-onnx", quantize=True)
        vetor.EmbeddingsConfig.for_model(report.output)

    source: a folder with config.json and weights (safetensors or pytorch_model.bin), or a hub id, "org/name", of which
    `revision` is the branch, tag or commit. output: the folder to make; it appears whole, by one rename, or not at all, and
    replaces one that exists only with `overwrite`.

    precisions: of "fp32" (model.onnx), "fp16" (model_fp16.onnx), "int8" (model_quantized.onnx); fp16 and quantize add to
    them. opset: 12 to 23. layout: "root", or "hub" for a subfolder onnx/. sentence_embedding: a second output, pooled and
    normalised in the graph. quantize_scheme: "per-row" (a vector does not depend on its batch) or "per-tensor".
    calibration: a text file, one text per line, on which int8 is compared with fp32 too, and whose vectors lie inside the ranges
    that encode(precision="int8") takes. force: keep an int8 file whose mean cosine to fp32 is below 0.98. library_path:
    libonnxruntime; None: as EmbeddingsConfig.onnx_library_path.

    progress: called with (step, fraction of the whole) at most every 50 ms, in the calling thread, in the end with 1; what it
    raises ends the export. show_progress: a tqdm bar if tqdm is installed. Runs without the GIL; Ctrl-C ends it, and
    nothing is left.

    Raises NotFound (source, files), Unimplemented (an architecture, activation or dtype, by name), InvalidArgument (an
    option; shapes that contradict config.json), DataLoss (damaged weights), FailedPrecondition (output exists; int8 too far
    from fp32), Unavailable (no ONNX Runtime to check with; hub not reached), Internal (a graph disagrees with the reference).
    """
    options = _native.ExportOptions()
    options.source, options.output = path_of("source", source), path_of("output", output)
    added = [name for name, asked in (("fp16", flag("fp16", fp16)), ("int8", flag("quantize", quantize))) if asked]
    options.precisions = list(dict.fromkeys([*names("precisions", precisions), *added]))
    options.opset, options.sentence_embedding = whole("opset", opset), flag("sentence_embedding", sentence_embedding)
    options.layout, options.quantize_scheme = text("layout", layout), text("quantize_scheme", quantize_scheme)
    options.force, options.overwrite = flag("force", force), flag("overwrite", overwrite)
    options.calibration = path_of("calibration", "" if calibration is None else calibration)
    options.revision = optional_text("revision", revision) or ""
    options.library_path = path_of("library_path", "" if library_path is None else library_path) or default_library()
    way_to_tell(progress, show_progress, "(step, fraction)")
    with shown_steps(progress, show_progress, "export") as tell:
        folder, family, used, graphs, seconds, warnings, notes = _native.export_model(options, tell)
        if tell is not None:
            tell("done", 1.0)
    made = tuple(ExportedGraph(*graph) for graph in graphs)
    return ExportReport(Path(folder), family, used, made, seconds, tuple(warnings), tuple(notes))


def pull_model(
    id: str,
    revision: str | None = None,
    *,
    weights: bool = False,
    include: Iterable[str] = (),
    progress: Progress | None = None,
    show_progress: bool = False,
) -> PulledModel:
    """Fetches what vetor needs of a model, or what changed of it, into the hub cache that other packages share.

    id: "org/name", or a name alone. revision: branch, tag or commit; None: main. weights: fetch them, to export, even if there is a graph.
    include: patterns of further files, such as "onnx/*". progress: called with (done, total) bytes. Settings are the
    variables HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, ... Ctrl-C ends it; files that have come are kept.

    If the hub gives no answer (out of reach, 429, 5xx, a login page), the revision as the last pull left it is the result, with
    `unreached` saying why and a warning in the log, if every file that this pull would fetch is there.

    Raises InvalidArgument, NotFound (no such model, revision or file; offline and not in the cache), PermissionDenied,
    ResourceExhausted, Unavailable (network, and no whole copy in the cache), DataLoss (size or checksum).
    """
    options = _native.PullOptions()
    options.id, options.revision = text("id", id), optional_text("revision", revision) or "main"
    options.weights, options.include = flag("weights", weights), names("include", include)
    way_to_tell(progress, show_progress, "(done, total)")
    with shown(progress, show_progress, "B") as tell:
        folder, commit, files, fetched, graph, unreached = _native.pull_model(options, tell)
    if unreached:
        logger.warning("%s; this is %s as the last pull left it, commit %s", unreached, id, commit)
    return PulledModel(Path(folder), commit, tuple(files), fetched, graph, unreached)
