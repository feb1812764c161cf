// The checks of flags that take one of a few words, or a number between bounds.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace vetor::cli {

/// "npy", "npy or jsonl", "a, b or c"
std::string JoinWithOr(const std::vector<std::string>& words);

/// For CLI::Option::check: "parquet is not allowed; expected npy or jsonl".
CLI::Validator OneOf(std::vector<std::string> words);

/// For CLI::Option::check: "2 is not allowed; expected a number from -1 to 1", and "0 is not
/// allowed; expected a whole number from 1 to 1000". NaN is between no bounds; a bound that is the
/// greatest of its type is left out: "of 0 or more".
CLI::Validator NumberBetween(double least, double most);
CLI::Validator WholeBetween(int64_t least, int64_t most);

}  // namespace vetor::cli
