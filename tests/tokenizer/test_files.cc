#include "tests/tokenizer/test_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/json.h"
#include "os/file.h"
#include "tokenizer/tokenizer_json.h"

namespace vetor {
namespace {

// Tokenizers that a user added (tools/tokenizer/make_golden.py, "one").
std::filesystem::path OwnTokenizers() {
  return std::filesystem::path(VETOR_SOURCE_DIR) / ".deps" / "tokenizers";
}

std::filesystem::path FindEither(const std::string& folder, const std::string& name) {
  const std::filesystem::path unpacked = UnpackedData(folder) / name;
  if (std::filesystem::exists(unpacked)) return unpacked;
  EXPECT_TRUE(std::filesystem::exists(OwnTokenizers() / name))
      << name << " is neither unpacked from tests/data/packed (" << unpacked << ") nor in "
      << OwnTokenizers();
  return OwnTokenizers() / name;
}

std::vector<std::string_view> LinesOf(std::string_view content) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    lines.push_back(content.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Decimal numbers that are separated by one space.
std::vector<int64_t> NumbersOfLine(std::string_view line) {
  std::vector<int64_t> numbers;
  const char* const end = line.data() + line.size();
  for (const char* at = line.data(); at < end;) {
    int64_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    EXPECT_EQ(error, std::errc()) << line;
    if (error != std::errc()) return numbers;
    numbers.push_back(number);
    at = next + 1;
  }
  return numbers;
}

}  // namespace

std::string ReadTestFile(const std::filesystem::path& path) {
  auto content = ReadFile(path);
  EXPECT_TRUE(content.ok()) << content.status().ToString();
  return content.ok() ? *std::move(content) : std::string();
}

std::filesystem::path FindTokenizer(std::string_view name) {
  return FindEither("tokenizers", std::string(name) + ".json");
}

std::unique_ptr<Pipeline> LoadPipeline(const std::filesystem::path& path, bool fused) {
  const auto document = ParseJson(ReadTestFile(path), path.string());
  EXPECT_TRUE(document.ok()) << document.status().ToString();
  if (!document.ok()) return nullptr;
  auto parts = ParseParts(JsonNode(*document, path.string() + ": "));
  EXPECT_TRUE(parts.ok()) << parts.status().ToString();
  if (!parts.ok()) return nullptr;
  return std::make_unique<Pipeline>(*std::move(parts), fused);
}

std::vector<boost::json::value> ReadJsonLines(const std::filesystem::path& path) {
  const std::string content = ReadTestFile(path);
  std::vector<boost::json::value> rows;
  for (const std::string_view line : LinesOf(content)) {
    auto row = ParseJson(line, path.string());
    EXPECT_TRUE(row.ok()) << row.status().ToString();
    if (row.ok()) rows.push_back(*std::move(row));
  }
  return rows;
}

std::vector<int64_t> Numbers(const boost::json::value& array) {
  std::vector<int64_t> numbers;
  for (const auto& element : array.as_array()) numbers.push_back(element.to_number<int64_t>());
  return numbers;
}

std::vector<std::string> GoldenTexts() {
  std::vector<std::string> texts;
  for (const auto& row : ReadJsonLines(UnpackedData("golden/texts.jsonl"))) {
    texts.emplace_back(row.as_string());
  }
  EXPECT_GT(texts.size(), 2500U);
  return texts;
}

std::vector<GoldenRow> GoldenRows(const std::string& name) {
  std::vector<std::string> texts = GoldenTexts();
  const std::string content = ReadTestFile(FindEither("golden", name + ".ids"));
  const std::vector<std::string_view> lines = LinesOf(content);
  EXPECT_EQ(lines.size(), texts.size()) << name << ": a line of ids for each golden text";
  std::vector<GoldenRow> rows;
  for (size_t i = 0; i < std::min(lines.size(), texts.size()); ++i) {
    rows.push_back({std::move(texts[i]), NumbersOfLine(lines[i])});
  }
  return rows;
}

std::vector<int64_t> Ids(const Tokenizer& tokenizer, std::string_view text) {
  TokenSequence tokens;
  const Status status = tokenizer.Encode(text, {}, &tokens);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return tokens.ids;
}

std::string TestName(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace vetor
