// The golden file: 2,000 texts in more than 60 languages, with the vectors that
// sentence-transformers gives them (tests/data/golden/FORMAT.md; tools/oracle/make_golden.py).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vetor {

/// How far a stored component may be from the reference: half a step of the format.
inline constexpr double kGoldenStorageError = 1.001e-7;

struct GoldenVectors {
  std::vector<std::string> texts;
  std::vector<std::string> kinds;  ///< For each text its language (ISO 639-3), "long" or "trap".
  size_t dim = 0;
  std::vector<float> vectors;  ///< [texts, dim], row-major.

  std::span<const float> row(size_t r) const { return std::span(vectors).subspan(r * dim, dim); }
};

/// `model` is "all-minilm-l6-v2" or "bge-small-en-v1.5". nullopt if the files are absent or
/// damaged; `*why` says which.
std::optional<GoldenVectors> ReadGoldenVectors(std::string_view model, std::string* why);

/// Decodes the bytes of a .vectors file into the dim and vectors of `*golden`; false if they are
/// malformed.
bool DecodeGoldenVectors(std::string_view bytes, GoldenVectors* golden);

}  // namespace vetor
