// Flags of commands that read texts and write one result for each of them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/flags/run_flags.h"
#include "vetor/status.h"

namespace vetor::cli {

/// --field, which names the text of a jsonl row. CLI11 keeps a pointer to `name`.
struct TextField {
  std::string name;  ///< Empty: the flag was not given.

  void AddTo(CLI::App* command);
  const std::string& OrText() const;  ///< The name, or "text".
};

/// What the help says of --input and --output.
struct IoHelp {
  std::string read;     ///< "Texts to embed."
  std::string written;  ///< "Where the vectors go."
};

/// Where texts are read and results are written. CLI11 keeps pointers into it.
struct IoFlags {
  std::string input = "-";
  std::string output = "-";

  void AddTo(CLI::App* command, const IoHelp& help);
  /// Checks that no output, --stats included, replaces another one or the input. Errors: as
  /// CheckStreams.
  Status Check(const RunFlags& run) const;
};

}  // namespace vetor::cli
