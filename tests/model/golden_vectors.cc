#include "tests/model/golden_vectors.h"

#include <cstdint>
#include <cstring>

#include "base/json.h"
#include "os/file.h"

namespace vetor {
namespace {

constexpr std::string_view kMagic("VGOLD1\0\0", 8);

struct Header {
  uint32_t rows;
  uint32_t dim;
  double step;
  uint32_t low_bits;
};

template <typename T>
T Read(std::string_view bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// The bits of a string, the least significant of each byte first; zeros follow the end.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  uint32_t Bit() {
    const size_t byte = position_ / 8;
    const uint32_t bit =
        byte < bytes_.size() ? static_cast<unsigned char>(bytes_[byte]) >> (position_ % 8) & 1U : 0;
    ++position_;
    return bit;
  }
  bool overran() const { return position_ > bytes_.size() * 8; }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
};

// Reads one Rice code: ones up to a zero, then the low bits. The sign is folded into the lowest
// bit.
int64_t ReadCode(uint32_t low_bits, BitReader* bits) {
  uint64_t folded = 0;
  while (bits->Bit() == 1) ++folded;
  folded <<= low_bits;
  for (uint32_t i = 0; i < low_bits; ++i) folded |= uint64_t{bits->Bit()} << i;
  const auto half = static_cast<int64_t>(folded >> 1);
  return folded % 2 == 0 ? half : -half - 1;
}

bool ReadTexts(std::string_view lines, GoldenVectors* golden) {
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    const auto row = ParseJson(lines.substr(0, end), "texts.jsonl");
    if (!row.ok()) return false;
    golden->kinds.emplace_back(row->at("kind").as_string());
    golden->texts.emplace_back(row->at("text").as_string());
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  return true;
}

}  // namespace

bool DecodeGoldenVectors(std::string_view bytes, GoldenVectors* golden) {
  constexpr size_t kHeaderBytes = 28;
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return false;
  const Header header{Read<uint32_t>(bytes, 8), Read<uint32_t>(bytes, 12), Read<double>(bytes, 16),
                      Read<uint32_t>(bytes, 24)};
  const uint64_t values = uint64_t{header.rows} * header.dim;
  // A code has at least one bit, so this also bounds what is allocated.
  if (header.low_bits > 40 || values > bytes.size() * 8) return false;
  golden->dim = header.dim;
  golden->vectors.resize(values);
  BitReader bits(bytes.substr(kHeaderBytes));
  for (float& value : golden->vectors) {
    value = static_cast<float>(static_cast<double>(ReadCode(header.low_bits, &bits)) * header.step);
  }
  return !bits.overran();
}

std::optional<GoldenVectors> ReadGoldenVectors(std::string_view model, std::string* why) {
  const std::string folder = VETOR_TEST_DATA_DIR "/golden/";
  const auto texts = ReadFile(folder + "texts.jsonl");
  const auto vectors = ReadFile(folder + std::string(model) + ".vectors");
  for (const auto* file : {&texts, &vectors}) {
    if (file->ok()) continue;
    *why = file->status().message() + "; tools/oracle/make_golden.py makes it";
    return std::nullopt;
  }
  GoldenVectors golden;
  if (!ReadTexts(*texts, &golden) || !DecodeGoldenVectors(*vectors, &golden) ||
      golden.vectors.size() != golden.texts.size() * golden.dim) {
    *why = folder + " is damaged";
    return std::nullopt;
  }
  return golden;
}

}  // namespace vetor
