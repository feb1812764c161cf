// What a bulk job makes of its inputs: a shard per input, and the names of its outputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "vetor/embed_files.h"
#include "vetor/status.h"

namespace vetor {

/// An input and the name that its outputs begin with.
struct Shard {
  std::filesystem::path input;
  std::string name;    ///< "part-1" of "in/part-1.jsonl.zst".
  uint64_t bytes = 0;  ///< Of the input.
};

/// The shards of a job, in the order of their paths. Errors: NOT_FOUND (a pattern without a file),
/// INVALID_ARGUMENT (not a file, two inputs whose outputs would have one name, an input in the
/// output folder).
Result<std::vector<Shard>> ListShards(const EmbedFilesOptions& options);

/// The number of an output that is the only one of its input.
inline constexpr uint64_t kWholeInput = 0;

/// "part-1" for kWholeInput, else "part-1.00001".
std::string OutputStem(const std::string& name, uint64_t part);

/// ".jsonl", ".npy", or what RowFiles says.
std::string OutputEnding(const EmbedFilesOptions& options);

}  // namespace vetor
