// Flags that every command has, and those of commands that read rows.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command.h"
#include "cli/input/row_reader.h"
#include "vetor/status.h"

namespace vetor::cli {

/// Flags for what a command prints beside its results. CLI11 keeps pointers into it.
struct RunFlags {
  bool quiet = false;
  std::string stats;  ///< The file for the figures as JSON; empty: none.
  std::string log_level;
  std::string log_format;

  void AddTo(CLI::App* command);
  /// Adds the flags without --stats, for commands that measure nothing.
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
  /// `fields_named` says whether a flag names a field; with plain lines that is INVALID_ARGUMENT.
  Result<RowReader> Open(const std::string& path, bool fields_named,
                         const CommandContext& context) const;
};

}  // namespace vetor::cli
