// Writes an OnnxModel as an .onnx file and streams its weights.
//
// Format: schema.h. The same model gives the same bytes, on every machine.
#pragma once

#include <cstdint>
#include <filesystem>

#include "formats/onnx/onnx_model.h"
#include "vetor/status.h"

namespace vetor {

/// Protobuf readers stop at 2 GiB. The bound is a little lower, to leave room for the fields around
/// the weights.
inline constexpr uint64_t kMaxOnnxFileBytes = (1ULL << 31) - (1ULL << 20);

/// Writes `path`. If the weights do not fit `max_file_bytes`, it also writes `path` + "_data" with
/// every weight of 1 KiB and more, each at a multiple of 4096 bytes, so that it can be mapped.
/// Inside the model file such a weight begins at a multiple of 64 bytes, for the same reason. Each
/// file appears only when it is whole, the data file first.
///
/// Errors: those of the weights' sources and of the file system (RESOURCE_EXHAUSTED if the disk is
/// full); INTERNAL if a source gives more or less than bytes() bytes.
Status WriteOnnxFile(const OnnxModel& model, const std::filesystem::path& path,
                     uint64_t max_file_bytes = kMaxOnnxFileBytes);

}  // namespace vetor
