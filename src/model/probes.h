// vetor_model.json, which `vetor export` puts beside a model: digests of its files, and the vectors
// that eight texts (the probes) had on the machine that made it. (Written by
// src/exporter/folder/export_record.h, which shows the form.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vetor/component_ranges.h"
#include "vetor/status.h"

namespace vetor {

/// Texts and the vectors that a graph gave for them when it was exported: pooled as the folder's
/// files say, all components, no prompt. Only directions count.
struct Probes {
  std::filesystem::path graph;
  std::vector<std::string> texts;
  std::vector<std::vector<float>>
      vectors;  ///< [texts.size()], all with the same number of components.
  /// A cosine below this means another model, not another machine: 0.9999, and 0.999 for int8,
  /// whose roundings differ between processors.
  double least_cosine = 0.9999;
  ComponentRanges ranges;  ///< Empty if the record has none, as in earlier versions.

  bool operator==(const Probes&) const = default;
};

/// The probes of `graph` by the record in `folder`; nullopt if there is no record, if it has a
/// newer format, or if it does not name the graph. Compares the sizes of the graph, its external
/// data and tokenizer.json with the record, not their content, which takes too long at every start.
/// Errors: DATA_LOSS for another size; INVALID_ARGUMENT for a record that is not in its form.
Result<std::optional<Probes>> ReadProbes(const std::filesystem::path& folder,
                                         const std::filesystem::path& graph);

/// The files that the record lists, if all are as they were.
struct RecordedFiles {
  size_t count = 0;
  uint64_t bytes = 0;

  bool operator==(const RecordedFiles&) const = default;
};

/// Compares SHA-256 of every file that the record lists. nullopt without a record that this version
/// reads. DATA_LOSS names the first file that is another one, NOT_FOUND one that is gone.
Result<std::optional<RecordedFiles>> VerifyRecordedFiles(const std::filesystem::path& folder);

}  // namespace vetor
