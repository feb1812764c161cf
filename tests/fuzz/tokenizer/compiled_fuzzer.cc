// libFuzzer: compiled tokenizers with changed bytes but a right checksum, as a bug or somebody's
// hand would write them. What loads must also tokenize without a read outside.
//
// Input: the family in one byte, then changes of five bytes each: place u32, new byte.
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
#include "base/file.h"
#include "base/json.h"
#include "tokenizer/pipeline.h"

namespace {

constexpr vetor::TableKey kKey = {1, 2, 3};
constexpr size_t kHeaderBytes = 64;
constexpr size_t kChecksumAt = 56;

struct Family {
  boost::json::value document;
  std::string file;
};

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
  std::sort(paths.begin(), paths.end());  // so that an input means the same family everywhere
  std::vector<Family> families;
  for (const auto& path : paths) {
    auto document = vetor::ReadJsonFile(path);
    if (!document.ok()) std::abort();
    const auto parts = vetor::ParseParts(vetor::JsonNode(*document, ""));
    if (!parts.ok()) std::abort();
    vetor::TableWriter tables;
    parts->model->Save(&tables);
    if (!tables.WriteTo(Scratch(), kKey).ok()) std::abort();
    families.push_back({*std::move(document), *vetor::ReadFile(Scratch())});
  }
  return families;
}

void TokenizeSomething(const vetor::Tokenizer& tokenizer) {
  vetor::WindowOptions options;
  options.byte_ranges = true;
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
  for (size_t i = 1; i + 5 <= size; i += 5) {
    uint32_t place = 0;
    std::memcpy(&place, data + i, sizeof place);
    file[kHeaderBytes + place % (file.size() - kHeaderBytes)] = static_cast<char>(data[i + 4]);
  }
  const uint64_t checksum = vetor::Xxh3(std::string_view(file).substr(kHeaderBytes));
  std::memcpy(file.data() + kChecksumAt, &checksum, sizeof checksum);
  std::ofstream(Scratch(), std::ios::binary) << file;
  auto tables = vetor::TableReader::Open(Scratch(), kKey);
  std::filesystem::remove(Scratch());
  if (!tables.ok()) std::abort();
  auto parts = vetor::ParseParts(vetor::JsonNode(family.document, ""), *std::move(tables));
  // The fused walk of BERT is built from the same tables, but takes a hundred times as long to
  // build.
  if (parts.ok()) TokenizeSomething(vetor::Pipeline(*std::move(parts), /*fused=*/false));
  return 0;
}
