// Bulk jobs from Python: vetor/embed_files.h, with sources and sinks that Python may bring.
#pragma once

#include <nanobind/nanobind.h>

#include <stop_token>

#include "python/call_watch.h"
#include "vetor/embed_files.h"

namespace vetor::python {

/// The options of a job from the keywords of `vetor.embed_files`, by their names in C++. The key
/// "files" is None or an object with `ending`, `settings`, `open_source(input)` and
/// `open_sink(input, output, dim)` (python/vetor/_parquet_files.py has one). Raises
/// InvalidArgument for a value that is none of a choice's names. Needs the GIL.
EmbedFilesOptions FileOptionsFrom(const nanobind::dict& keywords);

/// What a job did, by the names in C++. Needs the GIL.
nanobind::dict ReportDict(const EmbedFilesReport& report);

}  // namespace vetor::python
