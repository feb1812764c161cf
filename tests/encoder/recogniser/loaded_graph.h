// An .onnx file as a model in memory, to be changed and written again.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/onnx_model.h"
#include "vetor/status.h"

namespace vetor::testing {

/// The whole graph of a small file without external data; what its nodes Constant hold becomes
/// initialisers.
Result<OnnxModel> LoadGraph(const std::filesystem::path& path);

std::string BytesOf(const OnnxInitializer& initializer);
void SetBytes(OnnxInitializer* initializer, std::string bytes);

/// A further constant; its name.
std::string AddFloats(OnnxModel* model, std::vector<int64_t> dims, std::vector<float> values);
std::string AddIntegers(OnnxModel* model, std::vector<int64_t> dims, std::vector<int64_t> values);

}  // namespace vetor::testing
