// One line of the results of an embedding as JSON Lines, as `vetor embed` and the bulk jobs write
// it: {"id":7,"embedding":[0.0123,...],"tokens":9,"truncated":false}
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vetor {

struct ResultLine {
  std::string_view id;  ///< JSON; empty: the line has no id.
  std::span<const float> embedding;
  uint32_t tokens = 0;
  bool truncated = false;
  /// Why there is no vector; not empty: "embedding" is null, and "error" holds the reason.
  std::string_view error = {};
  std::string_view into = "embedding";  ///< The name of the vector's member; UTF-8.
};

/// Appends the line with its line break. A component has the shortest digits that read back as the
/// same float. REQUIRES: finite components, UTF-8.
void AppendResultLine(const ResultLine& line, std::string* out);

}  // namespace vetor
