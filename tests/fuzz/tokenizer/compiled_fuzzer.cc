// libFuzzer changes numbers of compiled tokenizers whose checksum is then made right, as a bug or a
// person could. If the file loads, it must also tokenize without a read outside of it.
//
// Input: the family in one byte, then changes of a whole 32-bit number in six bytes each: section,
// number of the section u16, whether that counts among the first twelve, operation, operand.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "os/file.h"
#include "os/json_file.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/tokenizer_json.h"

namespace {

constexpr vetor::TableKey kKey = {1, 2, 3};
constexpr size_t kHeaderBytes = 64;
constexpr size_t kChecksumAt = 56;

struct Section {
  size_t begin;
  size_t numbers;
};

struct Family {
  boost::json::value document;
  std::string file;
  std::vector<Section> sections;  // the sections that have a number
};

std::vector<Section> SectionsOf(const std::string& file) {
  constexpr size_t kAlignment = 16;
  std::vector<Section> sections;
  for (size_t at = kHeaderBytes; at + kAlignment <= file.size();) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, file.data() + at, sizeof bytes);
    if (bytes >= 4) sections.push_back({at + kAlignment, bytes / 4});
    at += kAlignment + (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  return sections;
}

// Numbers at the edges of what a table may hold, and near the old number.
uint32_t Changed(uint32_t number, uint8_t operation, uint32_t operand, uint32_t size) {
  switch (operation % 10) {
    case 0:
      return operand;
    case 1:
      return UINT32_MAX - operand;
    case 2:
      return (1U << 31) + operand;
    case 3:
      return (1U << 31) - 1 - operand;
    case 4:
      return number + operand;
    case 5:
      return number - operand;
    case 6:
      return size * 4 - operand;
    case 7:
      return size - operand;
    case 8:
      return number ^ 1U << operand % 32;
    default:
      return size / 3 - operand;
  }
}

void Change(const uint8_t* change, const Family& family, std::string* file) {
  const Section& section = family.sections[change[0] % family.sections.size()];
  uint16_t which = 0;
  std::memcpy(&which, change + 1, sizeof which);
  const size_t most = change[3] % 2 == 1 ? std::min<size_t>(section.numbers, 12) : section.numbers;
  char* place = file->data() + section.begin + which % most * 4;
  uint32_t number = 0;
  std::memcpy(&number, place, sizeof number);
  number = Changed(number, change[4], change[5], static_cast<uint32_t>(section.numbers));
  std::memcpy(place, &number, sizeof number);
}

std::filesystem::path Scratch() {
  return std::filesystem::temp_directory_path() /
         ("vetor_fuzz_" + std::to_string(::getpid()) + ".vtok");
}

std::vector<Family> LoadFamilies() {
  const std::string data = VETOR_TEST_DATA_DIR;
  std::vector<std::filesystem::path> paths = {data + "/model/tiny-bert/tokenizer.json"};
  for (const auto& entry : std::filesystem::directory_iterator(data + "/fuzz/tokenizers")) {
    paths.push_back(entry.path());
  }
  // sorted, so that an input means the same family everywhere
  std::sort(paths.begin(), paths.end());
  std::vector<Family> families;
  for (const auto& path : paths) {
    auto document = vetor::ReadJsonFile(path);
    if (!document.ok()) std::abort();
    const auto parts = vetor::ParseParts(vetor::JsonNode(*document, ""));
    if (!parts.ok()) std::abort();
    vetor::TableWriter tables;
    parts->model->Save(&tables);
    if (!tables.WriteTo(Scratch(), kKey).ok()) std::abort();
    std::string file = *vetor::ReadFile(Scratch());
    std::vector<Section> sections = SectionsOf(file);
    families.push_back({*std::move(document), std::move(file), std::move(sections)});
  }
  return families;
}

void TokenizeSomething(const vetor::Tokenizer& tokenizer) {
  vetor::WindowOptions options;
  options.offsets = true;
  for (const char* text :
       {"", "the races aaaaaaa 12.", " \xE4\xB8\xAD\xE6\x96\x87 e\xCC\x81 \r\n <mask>"}) {
    vetor::TokenSequence tokens;
    (void)tokenizer.Encode(text, {}, &tokens);
    (void)tokenizer.EncodeWindows(text, "the", options);
    for (const int64_t id : tokens.ids) (void)tokenizer.TokenToId(tokenizer.IdToToken(id));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Family>& families = *new std::vector<Family>(LoadFamilies());
  if (size == 0) return 0;
  const Family& family = families[data[0] % families.size()];
  std::string file = family.file;
  for (size_t i = 1; i + 6 <= size; i += 6) Change(data + i, family, &file);
  const uint64_t checksum = vetor::Xxh3(std::string_view(file).substr(kHeaderBytes));
  std::memcpy(file.data() + kChecksumAt, &checksum, sizeof checksum);
  std::ofstream(Scratch(), std::ios::binary) << file;
  auto tables = vetor::TableReader::Open(Scratch(), kKey);
  std::filesystem::remove(Scratch());
  if (!tables.ok()) std::abort();
  auto parts = vetor::ParseParts(vetor::JsonNode(family.document, ""), *std::move(tables));
  // BERT's fused walk is built from the same tables, but takes a hundred times as long to build.
  if (parts.ok()) TokenizeSomething(vetor::Pipeline(*std::move(parts), /*fused=*/false));
  return 0;
}
