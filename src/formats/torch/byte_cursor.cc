#include "formats/torch/byte_cursor.h"

#include <cstring>

#include "base/status_macros.h"

namespace vetor {

Result<std::string_view> ByteCursor::Take(size_t count) {
  if (count > rest_.size()) return DataLossError("it ends in the middle of an instruction");
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

Result<uint64_t> ByteCursor::TakeNumber(size_t bytes) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view taken, Take(bytes));
  uint64_t number = 0;
  std::memcpy(&number, taken.data(), bytes);
  return number;
}

Result<std::string_view> ByteCursor::TakeLine() {
  const size_t end = rest_.find('\n');
  if (end == std::string_view::npos) return DataLossError("a name has no end");
  const std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return line;
}

}  // namespace vetor
