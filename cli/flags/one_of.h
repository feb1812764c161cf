// The check of a flag that takes one of a few words.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vetor::cli {

/// "npy", "npy or jsonl", "a, b or c"
std::string JoinWithOr(const std::vector<std::string>& words);

/// For CLI::Option::check: "parquet is not allowed; expected npy or jsonl".
CLI::Validator OneOf(std::vector<std::string> words);

}  // namespace vetor::cli
