// Flags of bulk jobs, whose --output is a folder.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "vetor/embed_files.h"
#include "vetor/status.h"

namespace vetor::cli {

/// CLI11 keeps pointers into it.
struct BulkFlags {
  uint64_t shard_rows = 0;
  std::string output_dtype;  ///< Empty: the flag was not given.
  std::string on_error;
  std::string resume;  ///< Empty: not given; "true": given without a value.

  void AddTo(CLI::App* command);

  /// INVALID_ARGUMENT names a flag that was given although `output` is no folder, or says that
  /// `input` is a pattern, which needs one.
  Status CheckUnused(const std::string& input, const std::string& output) const;

  /// Puts the flags into `options`. REQUIRES: what AddTo checks.
  void Fill(EmbedFilesOptions* options) const;
};

/// Whether results go into a folder: `output` ends in "/" or is one.
bool NamesFolder(const std::string& output);

}  // namespace vetor::cli
