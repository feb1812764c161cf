// The struct that passes from batching to a backend: texts made ready to run together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace vetor {

/// Rows packed one after the other, without padding. Row r holds tokens
/// [row_begin[r], row_begin[r + 1]). A backend that needs a rectangle asks for equal lengths in its
/// BackendTraits and then finds `token_ids` to be exactly [rows, length], row-major.
/// Owned by the worker that runs it and reused; views stay valid for one Run.
struct TokenBatch {
  std::vector<int64_t> token_ids;       ///< [tokens] ids of the model's vocabulary.
  std::vector<int64_t> token_type_ids;  ///< [tokens], or empty: all zero.
  std::vector<uint32_t> row_begin;      ///< [rows + 1], ascending from 0.
  std::vector<uint32_t>
      prompt_tokens;  ///< [rows] leading tokens that pooling leaves out, or empty.
  std::vector<std::string_view> texts;  ///< [rows], for backends that read text (hashing).
  bool alone = false;  ///< No other batch ran or waited when it began, so it may use all cores.

  size_t rows() const { return row_begin.empty() ? 0 : row_begin.size() - 1; }
  size_t tokens() const { return token_ids.size(); }
  std::span<const int64_t> row(size_t r) const {
    return std::span(token_ids).subspan(row_begin[r], row_begin[r + 1] - row_begin[r]);
  }

  /// A copy that has only row `r`.
  TokenBatch Only(size_t r) const {
    TokenBatch one;
    const auto begin = static_cast<std::ptrdiff_t>(row_begin[r]);
    const auto end = static_cast<std::ptrdiff_t>(row_begin[r + 1]);
    one.token_ids.assign(token_ids.begin() + begin, token_ids.begin() + end);
    if (!token_type_ids.empty()) {
      one.token_type_ids.assign(token_type_ids.begin() + begin, token_type_ids.begin() + end);
    }
    one.row_begin = {0, row_begin[r + 1] - row_begin[r]};
    if (!prompt_tokens.empty()) one.prompt_tokens = {prompt_tokens[r]};
    if (!texts.empty()) one.texts = {texts[r]};
    return one;
  }
};

}  // namespace vetor
