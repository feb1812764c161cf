// The folder of compiled tokenizers beside a cache. It holds a few *.vtok files (table_file.h).
// Each may be deleted at any time, and is then made again from tokenizer.json.
#pragma once

#include <cstdint>
#include <filesystem>

#include "tokenizer/compiled/table_file.h"
#include "vetor/status.h"

namespace vetor {

/// How many files are kept; the one that was unused for longest is deleted first. XLM-R's file has
/// 12 MB.
inline constexpr size_t kMostCompiledTokenizers = 8;

/// Where the compiled tokenizers of a cache folder lie.
std::filesystem::path CompiledFolderOf(const std::filesystem::path& cache_dir);

/// Writes a file, makes the folder if it is missing, and deletes files beyond the bound.
/// Thread-safe, also beside other processes. Errors: those of the file system; nothing is left
/// after one.
Status StoreCompiled(const std::filesystem::path& folder, const TableKey& key,
                     const TableWriter& tables);

/// Notes that the file of `key` was used now. Does nothing if the folder cannot be written.
void TouchCompiled(const std::filesystem::path& folder, const TableKey& key);

struct CompiledFolderStats {
  int64_t files = 0;
  int64_t bytes = 0;
};
/// A folder that does not exist holds nothing.
CompiledFolderStats ReadCompiledFolder(const std::filesystem::path& folder);

/// Deletes the compiled tokenizers, and the folder if nothing else lies in it. Running services
/// keep what they have mapped. Errors: those of the file system.
Status ClearCompiledFolder(const std::filesystem::path& folder);

}  // namespace vetor
