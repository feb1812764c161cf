// Reads every hostile text and JSON file (tests/data/packed, hostile; manifest.json says what each
// is) with the two readers that all other readers are built on.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"
#include "os/file.h"
#include "os/json_file.h"
#include "tests/support/unpacked_data.h"

namespace vetor {
namespace {

struct HostileFile {
  std::string name;
  std::string kind;
  std::string expected;  // accept, reject or policy
  std::string content;
};

std::vector<HostileFile> HostileFiles() {
  const auto manifest = ReadJsonFile(UnpackedData("hostile/manifest.json"));
  EXPECT_TRUE(manifest.ok()) << manifest.status().ToString();
  std::vector<HostileFile> files;
  if (!manifest.ok()) return files;
  for (const auto& entry : manifest->as_array()) {
    HostileFile file{std::string(entry.at("file").as_string()),
                     std::string(entry.at("kind").as_string()),
                     std::string(entry.at("expect").as_string()),
                     {}};
    auto content = ReadFile(UnpackedData("hostile/" + file.name));
    EXPECT_TRUE(content.ok()) << content.status().ToString();
    if (content.ok()) file.content = *std::move(content);
    EXPECT_EQ(file.content.size(), entry.at("bytes").to_number<size_t>()) << file.name;
    files.push_back(std::move(file));
  }
  EXPECT_EQ(files.size(), 148U);
  return files;
}

TEST(HostileFiles, TextsAreValidOrInvalidAsTheManifestSays) {
  for (const HostileFile& file : HostileFiles()) {
    const bool valid = FindInvalidUtf8(file.content) == kValidUtf8;
    if (file.kind == "text" && file.expected != "policy") {
      EXPECT_EQ(valid, file.expected == "accept") << file.name;
    }
    const std::string replaced = ReplaceInvalidUtf8(file.content);
    EXPECT_EQ(FindInvalidUtf8(replaced), kValidUtf8) << file.name;
    if (valid) {
      EXPECT_EQ(replaced, file.content) << file.name;
    }
  }
}

TEST(HostileFiles, AFileThatIsNotJsonIsRefusedByName) {
  const std::set<std::string> broken = {"short_u_escape.json",
                                        "bad_u_escape.json",
                                        "bad_escape.json",
                                        "raw_control.json",
                                        "raw_nul.json",
                                        "invalid_utf8_in_string.json",
                                        "latin1_in_string.json",
                                        "utf16.json",
                                        "empty_body.json",
                                        "whitespace_body.json",
                                        "truncated_body.json",
                                        "trailing_garbage.json",
                                        "trailing_comma.json",
                                        "single_quotes.json",
                                        "comment.json",
                                        "nan.json",
                                        "infinity.json",
                                        "leading_zero.json",
                                        "deep_array_1k.json",
                                        "deep_array_100k.json",
                                        "deep_array_open_100k.json",
                                        "deep_object_50k.json"};
  size_t refused = 0;
  for (const HostileFile& file : HostileFiles()) {
    if (file.kind == "text" || file.kind == "model") continue;
    const auto document = ParseJson(file.content, file.name);
    if (file.expected == "accept") {
      EXPECT_TRUE(document.ok()) << document.status().ToString();
    }
    if (broken.count(file.name) != 0) {
      EXPECT_FALSE(document.ok()) << file.name;
      ++refused;
    }
    if (document.ok()) continue;
    EXPECT_TRUE(document.status().message().starts_with(file.name)) << document.status().ToString();
    EXPECT_EQ(FindInvalidUtf8(document.status().message()), kValidUtf8) << file.name;
  }
  EXPECT_EQ(refused, broken.size());
}

}  // namespace
}  // namespace vetor
