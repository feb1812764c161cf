// Shared by search and dedupe: the flags that say which rows and fields are compared, and the
// vectors of the rows.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/commands/embedding_run.h"
#include "cli/flags/run_flags.h"
#include "cli/flags/settings_flags.h"
#include "cli/link/record_set.h"
#include "vetor/similarity.h"
#include "vetor/status.h"

namespace vetor::cli {

/// CLI11 keeps pointers into it.
struct LinkFlags {
  std::vector<std::string> fields;
  std::vector<std::string> same;
  std::vector<std::string> where;
  std::string id_field;
  std::string truth;
  bool with_text = false;
  std::string output = "-";
  SettingsFlags settings;
  RunFlags run;
  RowFlags rows;

  void AddTo(CLI::App* command);

  /// The rows of `path` that --where and `more_where` accept.
  Result<RecordSet> Read(const std::string& path, const std::vector<std::string>& more_where,
                         const CommandContext& context, TextNumbers* blocks,
                         TextNumbers* truths) const;

  /// "season, date:10", for tables; empty without --same.
  std::string SameText() const;

  /// Settings for comparing: scores are cosines, so vectors are normalised whatever was set.
  Result<EmbeddingsConfig> ResolveSettings() const;
};

/// The vectors of a RecordSet, one matrix per field.
struct RecordVectors {
  std::vector<std::vector<float>> fields;  ///< [field] -> [rows, dim]
  size_t dim = 0;

  /// A view of these vectors and `records` for the search; both must outlive it.
  VectorRows View(const RecordSet& records) const;
};

/// Embeds the texts of `records`. `before` of `total` texts of the whole run are done already.
Result<RecordVectors> EmbedRecords(EmbeddingRun* run, const RecordSet& records, size_t before,
                                   size_t total);

/// Threads for comparing: as configured, else as many as this process may use.
int ComparingThreads(const EmbeddingsConfig& config);

}  // namespace vetor::cli
