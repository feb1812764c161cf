// Flags that every command has, and those of commands that read rows.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command.h"
#include "cli/input/row_reader.h"
#include "vetor/status.h"

namespace vetor::cli {

/// How a command speaks beside its results. CLI11 keeps pointers into it.
struct RunFlags {
  bool quiet = false;
  std::string stats;  ///< Where the figures go as JSON; empty: nowhere.
  std::string log_level;
  std::string log_format;

  void AddTo(CLI::App* command);
  /// For commands that measure nothing: without --stats.
  void AddLogTo(CLI::App* command);
  /// Sets level and form of the log: flag, else VETOR_LOG, else info. With --quiet warnings and
  /// errors alone, or less if VETOR_LOG says so.
  void Apply() const;
};

/// How rows are read. CLI11 keeps pointers into it.
struct RowFlags {
  std::string format;  ///< As ChooseRowFormat takes it.
  bool replace_invalid = false;

  void AddTo(CLI::App* command);
  /// `fields_named`: a flag that speaks of fields was given. INVALID_ARGUMENT if with plain lines.
  Result<RowReader> Open(const std::string& path, bool fields_named,
                         const CommandContext& context) const;
};

}  // namespace vetor::cli
