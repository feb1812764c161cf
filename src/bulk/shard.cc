#include "bulk/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "base/status_macros.h"
#include "formats/compression.h"
#include "os/file.h"
#include "os/file_pattern.h"

namespace vetor {
namespace {

constexpr size_t kPartDigits = 5;

std::string NameOf(const std::filesystem::path& input, const EmbedFilesOptions& options) {
  if (!options.files) return std::filesystem::path(NameWithoutCompression(input)).stem().string();
  std::string name = input.filename().string();
  const std::string ending = options.files->ending();
  if (name.size() > ending.size() && name.ends_with(ending)) {
    name.resize(name.size() - ending.size());
  }
  return name;
}

// "part-1" for "part-1.00001"; empty for a name that is not one of several outputs.
std::string NameBeforePart(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || name.size() - dot - 1 < kPartDigits) return {};
  const bool digits = std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  return digits ? name.substr(0, dot) : std::string();
}

Status CheckNames(const std::vector<Shard>& shards) {
  std::map<std::string, const Shard*> named;
  for (const Shard& shard : shards) {
    const auto [same, is_new] = named.emplace(shard.name, &shard);
    if (is_new) continue;
    return InvalidArgumentError(
        fmt::format("{} and {} would both be written as {}; rename one, or give them different "
                    "output folders",
                    same->second->input.string(), shard.input.string(), shard.name));
  }
  for (const Shard& shard : shards) {
    const auto other = named.find(NameBeforePart(shard.name));
    if (other == named.end()) continue;
    return InvalidArgumentError(fmt::format(
        "{} has the name of a part of {}; rename one, or give them different output folders",
        shard.input.string(), other->second->input.string()));
  }
  return Status();
}

Status CheckOutside(const std::vector<Shard>& shards, const std::filesystem::path& folder) {
  std::error_code ignored;
  const std::filesystem::path output = std::filesystem::weakly_canonical(folder, ignored);
  for (const Shard& shard : shards) {
    const std::filesystem::path input = std::filesystem::weakly_canonical(shard.input, ignored);
    // "out" and "out/" are one folder.
    if (input.parent_path() != output && input.parent_path() / "" != output) continue;
    return InvalidArgumentError(
        fmt::format("{} lies in {}, the folder of the outputs; name another folder",
                    shard.input.string(), folder.string()));
  }
  return Status();
}

}  // namespace

std::string OutputStem(const std::string& name, uint64_t part) {
  return part == kWholeInput ? name : fmt::format("{}.{:0{}}", name, part, kPartDigits);
}

std::string OutputEnding(const EmbedFilesOptions& options) {
  if (options.files) return options.files->ending();
  return "." + std::string(ToString(options.format));
}

Result<std::vector<Shard>> ListShards(const EmbedFilesOptions& options) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& input : options.inputs) {
    VETOR_ASSIGN_OR_RETURN(const auto found, FilesNamed(input));
    if (found.empty()) {
      return NotFoundError("no file is named by " + input +
                           "; expected a file, or a pattern such as in/part-*.jsonl.zst");
    }
    paths.insert(paths.end(), found.begin(), found.end());
  }
  if (paths.empty()) return InvalidArgumentError("there is no input; name files or a pattern");
  std::sort(paths.begin(), paths.end(),
            [](const auto& a, const auto& b) { return a.native() < b.native(); });
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  std::vector<Shard> shards;
  for (const std::filesystem::path& path : paths) {
    const auto stamp = StampOf(path);
    if (!stamp) {
      return InvalidArgumentError(path.string() +
                                  " is not a file that can be read; expected files, whose size and "
                                  "time tell a later run whether they changed");
    }
    shards.push_back({.input = path, .name = NameOf(path, options), .bytes = stamp->bytes});
  }
  VETOR_RETURN_IF_ERROR(CheckNames(shards));
  VETOR_RETURN_IF_ERROR(CheckOutside(shards, options.output));
  return shards;
}

}  // namespace vetor
