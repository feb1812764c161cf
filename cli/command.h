// A subcommand of `vetor`, as main sees it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stop_token>

#include "vetor/status.h"

namespace vetor::cli {

/// What main hands to a running command.
struct CommandContext {
  std::stop_token stop;  ///< Requested by Ctrl-C, SIGTERM or SIGHUP.
  int wake_fd = -1;      ///< Readable from then on (Interrupt::wake_fd).
  /// Takes SIGHUP for the function (Interrupt::OnHangUp). Empty in tests that send no signals.
  std::function<void(std::function<void()>)> on_hang_up = {};
};

struct Command {
  CLI::App* app;  ///< Owned by the root; knows whether the user chose this command.
  /// Does the work. Owns the flags that `app` points at.
  std::function<Status(const CommandContext&)> run;
};

/// Each function adds its subcommand to `root`.
Command MakeEmbedCommand(CLI::App* root);
Command MakeTokenizeCommand(CLI::App* root);
Command MakeSearchCommand(CLI::App* root);
Command MakeDedupeCommand(CLI::App* root);
Command MakeConfigCommand(CLI::App* root);
Command MakeCacheCommand(CLI::App* root);
Command MakeDoctorCommand(CLI::App* root);
Command MakeExportCommand(CLI::App* root);
Command MakePullCommand(CLI::App* root);
Command MakeBenchCommand(CLI::App* root);
Command MakeServeCommand(CLI::App* root);

}  // namespace vetor::cli
