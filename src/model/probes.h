// vetor_model.json, which `vetor export` puts beside a model: what its files were, and which
// vectors eight texts had where it was made. (Written by src/exporter/folder/export_record.h, which
// shows the form.)
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

/// Texts and what a graph made of them when it was exported: pooled as the folder's files say, all
/// components, no prompt. Only directions count.
struct Probes {
  std::filesystem::path graph;
  std::vector<std::string> texts;
  std::vector<std::vector<float>> vectors;  ///< [texts.size()], of one length.
  /// A cosine below it means another model, not another machine: 0.9999, and 0.999 for int8, whose
  /// roundings differ between processors.
  double least_cosine = 0.9999;
  ComponentRanges ranges;  ///< Empty: the record has none, as those of earlier versions.

  bool operator==(const Probes&) const = default;
};

/// The probes of `graph` by the record in `folder`; nullopt where there is no record, one of a
/// newer format, or one that does not name the graph. Compares the sizes of the graph, its external
/// data and tokenizer.json with the record, not their content, which takes too long at every start.
/// Errors: DATA_LOSS for another size; INVALID_ARGUMENT for a record that is not in its form.
Result<std::optional<Probes>> ReadProbes(const std::filesystem::path& folder,
                                         const std::filesystem::path& graph);

/// Files that the record lists and that are as they were.
struct RecordedFiles {
  size_t count = 0;
  uint64_t bytes = 0;

  bool operator==(const RecordedFiles&) const = default;
};

/// Compares SHA-256 of every file that the record lists. nullopt without a record that this version
/// reads. DATA_LOSS names the first file that is another one, NOT_FOUND one that is gone.
Result<std::optional<RecordedFiles>> VerifyRecordedFiles(const std::filesystem::path& folder);

}  // namespace vetor
