#include "server/api/vector_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/base64.h"

namespace vetor {
namespace {

static_assert(std::endian::native == std::endian::little, "rows are written as they lie in memory");

std::string_view BytesOf(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// Longest text of a number with its comma: "-1.17549435e-38,".
constexpr size_t kLongestFloat = 16;
constexpr size_t kLongestByte = 5;
// `{"object":"embedding","index":4294967295,"embedding":[]},`
constexpr size_t kBytesAroundVector = 64;

// Writes into the string's own memory, which is made large enough first and cut at the end.
template <typename T>
void AppendNumbers(std::span<const T> values, size_t longest, std::string* out) {
  const size_t begin = out->size();
  out->resize(begin + values.size() * longest + 2);
  char* at = out->data() + begin;
  char* const end = out->data() + out->size();
  *at++ = '[';
  for (const T value : values) {
    at = std::to_chars(at, end, value).ptr;
    *at++ = ',';
  }
  if (!values.empty()) --at;
  *at++ = ']';
  out->resize(static_cast<size_t>(at - out->data()));
}

int Bucket(float value, float least, float greatest) {
  float step = (greatest - least) / 255;
  if (step == 0) step = 1;
  return static_cast<int>(std::clamp(std::floor((value - least) / step), 0.0F, 255.0F));
}

std::vector<int> ToBits(std::span<const float> values) {
  std::vector<int> bytes((values.size() + 7) / 8, 0);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0) bytes[i / 8] |= 0x80 >> (i % 8);
  }
  return bytes;
}

}  // namespace

size_t MostJsonBytes(size_t dim) { return dim * kLongestFloat + kBytesAroundVector; }

size_t MostBase64Bytes(size_t dim) {
  return (dim * sizeof(float) + 2) / 3 * 4 + kBytesAroundVector;
}

void AppendJsonNumbers(std::span<const float> values, std::string* out) {
  AppendNumbers(values, kLongestFloat, out);
}

void AppendJsonNumbers(std::span<const int> values, std::string* out) {
  AppendNumbers(values, kLongestByte, out);
}

void AppendBase64(std::span<const float> values, std::string* out) {
  out->append(EncodeBase64(BytesOf(values)));
}

void AppendRaw(std::span<const float> values, std::string* out) { out->append(BytesOf(values)); }

std::vector<int> ToSmallType(SmallType type, std::span<const float> values,
                             const ComponentRanges& ranges) {
  const bool is_signed = type == SmallType::kInt8 || type == SmallType::kBinary;
  std::vector<int> numbers;
  if (type == SmallType::kBinary || type == SmallType::kUbinary) {
    numbers = ToBits(values);
    if (is_signed) {
      // The highest bit is turned, which is the same as 128 less.
      for (int& number : numbers) number -= 128;
    }
    return numbers;
  }
  numbers.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const int bucket = Bucket(values[i], ranges.least[i], ranges.greatest[i]);
    numbers.push_back(is_signed ? bucket - 128 : bucket);
  }
  return numbers;
}

}  // namespace vetor
