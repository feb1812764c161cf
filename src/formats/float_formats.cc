#include "formats/float_formats.h"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace vetor {
namespace {

static_assert(std::endian::native == std::endian::little);

// It has no branches, so that the compiler makes vector code of it.
float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16;
  const uint32_t magnitude = half & 0x7FFFU;
  // Zero and subnormals are mantissa x 2^-24, which is exact in float32.
  const uint32_t small =
      std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24F);
  // The exponent's bias goes from 15 to 127; 31 becomes 255.
  const uint32_t rebias = magnitude >= 0x7C00U ? 224U : 112U;
  const uint32_t normal = (magnitude << 13) + (rebias << 23);
  return std::bit_cast<float>(sign | (magnitude < 0x0400U ? small : normal));
}

float BFloat16ToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

template <typename Stored, typename Convert>
void ConvertAll(std::string_view bytes, std::span<float> floats, Convert convert) {
  // GCC 12 vectorises blocks of a fixed length at -O2.
  constexpr size_t kBlock = 16;
  std::array<Stored, kBlock> stored;
  size_t done = 0;
  for (; done + kBlock <= floats.size(); done += kBlock) {
    std::memcpy(stored.data(), bytes.data() + done * sizeof(Stored), sizeof stored);
    float* out = floats.data() + done;
    for (size_t i = 0; i < kBlock; ++i) out[i] = convert(stored[i]);
  }
  for (; done < floats.size(); ++done) {
    std::memcpy(stored.data(), bytes.data() + done * sizeof(Stored), sizeof(Stored));
    floats[done] = convert(stored[0]);
  }
}

}  // namespace

size_t FloatBytes(FloatFormat format) {
  switch (format) {
    case FloatFormat::kFloat64:
      return 8;
    case FloatFormat::kFloat32:
      return 4;
    case FloatFormat::kFloat16:
    case FloatFormat::kBFloat16:
      break;
  }
  return 2;
}

std::optional<FloatFormat> FloatFormatOfDtype(std::string_view dtype) {
  for (const FloatFormat format : {FloatFormat::kFloat64, FloatFormat::kFloat32,
                                   FloatFormat::kFloat16, FloatFormat::kBFloat16}) {
    if (dtype == DtypeOf(format)) return format;
  }
  return std::nullopt;
}

const char* DtypeOf(FloatFormat format) {
  switch (format) {
    case FloatFormat::kFloat64:
      return "F64";
    case FloatFormat::kFloat32:
      return "F32";
    case FloatFormat::kFloat16:
      return "F16";
    case FloatFormat::kBFloat16:
      break;
  }
  return "BF16";
}

void ReadFloats(FloatFormat format, std::string_view bytes, std::span<float> floats) {
  assert(bytes.size() / FloatBytes(format) >= floats.size());
  if (floats.empty()) return;
  switch (format) {
    case FloatFormat::kFloat64:
      return ConvertAll<double>(bytes, floats, [](double x) { return static_cast<float>(x); });
    case FloatFormat::kFloat32:
      std::memcpy(floats.data(), bytes.data(), floats.size_bytes());
      return;
    case FloatFormat::kFloat16:
      return ConvertAll<uint16_t>(bytes, floats, HalfToFloat);
    case FloatFormat::kBFloat16:
      return ConvertAll<uint16_t>(bytes, floats, BFloat16ToFloat);
  }
}

}  // namespace vetor
