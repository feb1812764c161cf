// A .safetensors file, read strictly: header of at most 25 MB, every tensor's bytes exactly the
// size of its shape, no holes, no overlaps, nothing after the last tensor.
//
// Format: 8-byte little-endian header length, JSON header {name: {dtype, shape, data_offsets}},
// little-endian row-major data (README of huggingface/safetensors).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

// The same bound as in huggingface_hub.
inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 25'000'000;

/// Keeps the file mapped. Move-only, immutable after Open.
class Safetensors {
 public:
  struct Tensor {
    std::string dtype;  ///< "F32", "BF16", ...
    std::vector<uint64_t> shape;
    std::string_view data;
  };

  /// Errors: those of MapModelFile, and DATA_LOSS for a file that breaks the format.
  static Result<Safetensors> Open(const std::filesystem::path& path);

  const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  const std::filesystem::path& path() const { return path_; }
  const MappedFile& file() const { return file_; }
  void DropPages() const { file_.DropPages(); }  ///< As MappedFile::DropPages.

  /// The tensor `name` as float32, from F32, F16, BF16 or F64. NOT_FOUND if there is no such
  /// tensor, INVALID_ARGUMENT if its shape is not `shape`, UNIMPLEMENTED for another dtype.
  Result<std::vector<float>> Floats(const std::string& name,
                                    const std::vector<uint64_t>& shape) const;

 private:
  Status ReadHeader(std::string_view bytes);

  std::filesystem::path path_;
  MappedFile file_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace vetor
