// libFuzzer gives any bytes (made valid UTF-8) to a tokenizer of each family: the small ones of
// tests/data/fuzz/tokenizers, and the tokenizer.json files that the environment variable
// VETOR_FUZZ_TOKENIZERS lists, separated by colons. It checks that fused paths and stages agree,
// that a truncated text is a prefix, and that ranges lie in the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "os/json_file.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/tokenizer_json.h"

namespace {

struct Family {
  std::unique_ptr<vetor::Pipeline> fused;
  std::unique_ptr<vetor::Pipeline> stages;
};

std::unique_ptr<vetor::Pipeline> Load(const std::string& path, bool fused) {
  const auto document = vetor::ReadJsonFile(path);
  if (!document.ok()) return nullptr;
  auto parts = vetor::ParseParts(vetor::JsonNode(*document, path + ": "));
  return parts.ok() ? std::make_unique<vetor::Pipeline>(*std::move(parts), fused) : nullptr;
}

std::vector<std::string> TokenizerFiles() {
  const std::string data = VETOR_TEST_DATA_DIR;
  std::vector<std::string> files = {data + "/model/tiny-bert/tokenizer.json"};
  for (const auto& entry : std::filesystem::directory_iterator(data + "/fuzz/tokenizers")) {
    files.push_back(entry.path().string());
  }
  // sorted, so that an input means the same family everywhere
  std::sort(files.begin(), files.end());
  const char* list = std::getenv("VETOR_FUZZ_TOKENIZERS");
  std::istringstream paths(list == nullptr ? "" : list);
  for (std::string path; std::getline(paths, path, ':');) files.push_back(path);
  return files;
}

std::vector<Family> LoadFamilies() {
  std::vector<Family> families;
  for (const std::string& path : TokenizerFiles()) {
    families.push_back({Load(path, true), Load(path, false)});
    if (families.back().fused == nullptr || families.back().stages == nullptr) {
      std::fprintf(stderr, "cannot load %s\n", path.c_str());
      std::exit(2);
    }
  }
  return families;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

void Check(const Family& family, const std::string& text) {
  vetor::TokenSequence fused;
  vetor::TokenSequence stages;
  Require(family.fused->Encode(text, {}, &fused).ok());
  Require(family.stages->Encode(text, {}, &stages).ok());
  Require(fused.ids == stages.ids);

  vetor::EncodeOptions short_options;
  short_options.max_length = 8;
  Require(family.fused->Encode(text, short_options, &stages).ok());
  Require(stages.truncated == (fused.ids.size() > 8));
  Require(stages.ids.size() == std::min<size_t>(fused.ids.size(), 8));

  vetor::WindowOptions options;
  options.offsets = true;
  const auto windows = family.fused->EncodeWindows(text, std::nullopt, options);
  Require(windows.ok() && windows->ids == fused.ids);
  for (const vetor::TokenOffsets& range : windows->offsets) {
    Require(range.begin <= range.end && range.end <= text.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Family>& families = *new std::vector<Family>(LoadFamilies());
  if (size == 0) return 0;
  const std::string text =
      vetor::ReplaceInvalidUtf8({reinterpret_cast<const char*>(data) + 1, size - 1});
  Check(families[data[0] % families.size()], text);
  return 0;
}
