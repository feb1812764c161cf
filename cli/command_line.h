// From argv to a running command: parsing, help, exit codes, and errors that name the nearest flag.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "cli/command.h"

namespace vetor::cli {

/// Makes the root app with all commands. The returned commands point into `root`.
std::vector<Command> MakeCommands(CLI::App* root);

/// Parses and runs. Returns the exit code: 0 done, 1 the work failed, 2 usage or configuration
/// (DescribeStatusCode). Errors go to standard error, help and version to standard output. If the
/// reader of the results has gone, it returns 0 and prints nothing.
int RunCommandLine(std::span<const char* const> arguments, const CommandContext& context);

/// "did you mean --model?" for an unknown flag or command; empty if no name is near.
std::string Suggest(const std::string& unknown, const std::vector<std::string>& known);

}  // namespace vetor::cli
