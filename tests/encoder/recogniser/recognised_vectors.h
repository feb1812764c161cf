// What a recognised graph computes, beside what ONNX Runtime computes of the same file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "encoder/encoder.h"
#include "encoder/reference/reference_pass.h"
#include "vetor/status.h"

namespace vetor::testing {

/// Opens the file as a model folder does, and recognises it.
Result<Encoder> RecogniseFile(const std::filesystem::path& path,
                              const std::string& output = "last_hidden_state");

/// Texts of several lengths that the encoder has rows and positions for; padding is none of them.
std::vector<TokenIds> TextsFor(const Encoder& encoder);

/// The mean of each text's token vectors, scaled to length 1.
using Vectors = std::vector<std::vector<double>>;

/// By our own kernels (the fastest set of this machine), all texts in one batch.
Result<Vectors> NativeVectors(const Encoder& encoder, const std::vector<TokenIds>& texts);
/// In double.
Result<Vectors> ReferenceVectors(const Encoder& encoder, const std::vector<TokenIds>& texts);

struct RuntimeRun {
  int64_t padding = 0;
  std::string output = "last_hidden_state";
  bool alone = false;  ///< A batch for each text.
};

/// By ONNX Runtime, all texts in one batch that is filled up with padding.
Result<Vectors> RuntimeVectors(const std::filesystem::path& path,
                               const std::vector<TokenIds>& texts, int64_t padding);
/// The same, or with another output or batch.
Result<Vectors> RunTexts(const std::filesystem::path& path, const std::vector<TokenIds>& texts,
                         const RuntimeRun& run);

/// The largest difference of two components; NaN counts as infinite.
double Furthest(const Vectors& a, const Vectors& b);

}  // namespace vetor::testing
