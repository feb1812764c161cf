// The compiled form gives the ids of the JSON that it was made from, and no file in its place does
// harm.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "base/digest.h"
#include "os/file.h"
#include "tests/support/temporary_folder.h"
#include "tests/tokenizer/test_files.h"
#include "tokenizer/compiled/compiled_folder.h"
#include "tokenizer/compiled/compiled_tokenizer.h"
#include "tokenizer/compiled/table_file.h"
#include "tokenizer/prefix_trie.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

// A folder that is empty at first and is removed after the test.
class CompiledTest : public testing::Test {
 protected:
  fs::path Write(const std::string& name, std::string_view content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }

  TokenizerOptions Options() const {
    TokenizerOptions options;
    options.compiled_folder = folder_ / "tokenizers";
    return options;
  }

  // The only compiled file.
  fs::path OnlyFile() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_ / "tokenizers")) {
      files.push_back(entry.path());
    }
    EXPECT_EQ(files.size(), 1U);
    return files.empty() ? fs::path() : files[0];
  }

  // Loads, and says whether the compiled form was used.
  std::unique_ptr<Pipeline> Load(const fs::path& json, bool* is_compiled) const {
    const auto files = ReadFolderFiles(json);
    EXPECT_TRUE(files.ok()) << files.status().ToString();
    if (!files.ok()) return nullptr;
    auto parts = ReadTokenizerJson(json, *files, Options());
    EXPECT_TRUE(parts.ok()) << parts.status().ToString();
    if (!parts.ok()) return nullptr;
    *is_compiled = parts->tables != nullptr;
    return std::make_unique<Pipeline>(*std::move(parts));
  }

  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

// Small models in files that white space makes large.
constexpr size_t kPadding = kSmallestCompiledSource;

std::string SmallJson(std::string_view model) {
  return fmt::format(R"({{"pre_tokenizer": {{"type": "Whitespace"}}, "model": {}}})", model) +
         std::string(kPadding, ' ');
}

const char* const kBpe =
    R"({"vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4, "?": 5}, "merges": ["a b", "ab c"],
        "unk_token": "?"})";
const char* const kSmallModels[] = {
    kBpe, R"({"type": "WordLevel", "vocab": {"abc": 0, "b": 1, "?": 2}, "unk_token": "?"})",
    R"({"type": "WordPiece", "vocab": {"ab": 0, "##c": 1, "b": 2, "?": 3}, "unk_token": "?",
        "continuing_subword_prefix": "##", "max_input_chars_per_word": 9})",
    R"({"vocab": [["?", 0], ["abc", -1.5], ["a", -2], ["b", -2.5]], "unk_id": 0})"};

class CompiledFamilyTest : public CompiledTest, public testing::WithParamInterface<const char*> {};

TEST_P(CompiledFamilyTest, EveryGoldenTextHasTheReferencesIds) {
  const fs::path original = FindTokenizer(GetParam());
  std::string source = ReadTestFile(original);
  if (source.size() < kSmallestCompiledSource) source.resize(kSmallestCompiledSource, ' ');
  const fs::path json = Write("tokenizer.json", source);
  bool is_compiled = true;
  ASSERT_NE(Load(json, &is_compiled), nullptr);
  EXPECT_FALSE(is_compiled);
  const auto tokenizer = Load(json, &is_compiled);
  ASSERT_NE(tokenizer, nullptr);
  ASSERT_TRUE(is_compiled);
  const auto from_json = LoadPipeline(original);
  ASSERT_NE(from_json, nullptr);
  for (const GoldenRow& row : GoldenRows(GetParam())) {
    ASSERT_EQ(Ids(*tokenizer, row.text), row.ids) << boost::json::serialize(row.text);
    ASSERT_EQ(*tokenizer->Decode(row.ids, true), *from_json->Decode(row.ids, true));
  }
  ASSERT_EQ(tokenizer->vocabulary_size(), from_json->vocabulary_size());
  for (size_t i = 0; i < tokenizer->vocabulary_size(); ++i) {
    const auto id = static_cast<int64_t>(i);
    const std::string_view token = from_json->IdToToken(id);
    ASSERT_EQ(tokenizer->IdToToken(id), token);
    ASSERT_EQ(tokenizer->TokenToId(token), from_json->TokenToId(token)) << token;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, CompiledFamilyTest, testing::ValuesIn(kFamilies),
                         [](const auto& parameter) { return TestName(parameter.param); });

TEST_F(CompiledTest, NoBitFlipOrCutIsTakenForTheRealFile) {
  for (const char* model : kSmallModels) {
    SCOPED_TRACE(model);
    fs::remove_all(folder_ / "tokenizers");
    const fs::path json = Write("tokenizer.json", SmallJson(model));
    bool is_compiled = true;
    const std::vector<int64_t> ids = Ids(*Load(json, &is_compiled), "abc b zz");
    const fs::path file = OnlyFile();
    const std::string whole = *ReadFile(file);
    const auto expect_rebuilt = [&](const std::string& damaged) {
      std::ofstream(file, std::ios::binary) << damaged;
      const auto tokenizer = Load(json, &is_compiled);
      EXPECT_FALSE(is_compiled);
      EXPECT_EQ(Ids(*tokenizer, "abc b zz"), ids);
      EXPECT_EQ(*ReadFile(file), whole) << "not written again";
    };
    // Flips every byte of the header, and some bytes of every section.
    for (size_t at = 0; at < whole.size(); at += at < 64 ? 1 : 211) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << at % 8);
      expect_rebuilt(damaged);
    }
    for (size_t size = 0; size < whole.size(); size += 131) expect_rebuilt(whole.substr(0, size));
    expect_rebuilt(whole + std::string(16, '\0'));
    const auto tokenizer = Load(json, &is_compiled);
    EXPECT_TRUE(is_compiled);
    EXPECT_EQ(Ids(*tokenizer, "abc b zz"), ids);
  }
}

// Files whose checksum is right, but that a bug or a person has written.
TEST_F(CompiledTest, TablesThatPointOutsideAreRefused) {
  const TableKey key{1, 2, 3};
  const fs::path file = folder_ / "forged.vtok";
  const auto load_vocabulary = [&](uint32_t begin, uint32_t size, uint32_t slot, uint32_t other) {
    const uint32_t slots[] = {slot, other};
    TableWriter tables;
    tables.AddNumber(1);
    tables.AddText("token");
    tables.Add(std::span<const uint32_t>(&begin, 1));
    tables.Add(std::span<const uint32_t>(&size, 1));
    tables.Add(std::span<const uint32_t>(slots));
    EXPECT_TRUE(tables.WriteTo(file, key).ok());
    auto reader = TableReader::Open(file, key);
    EXPECT_TRUE(reader.ok()) << reader.status().ToString();
    return Vocabulary::Load(reader->get()).status().code();
  };
  EXPECT_EQ(load_vocabulary(0, 5, 0, UINT32_MAX), StatusCode::kOk);
  EXPECT_EQ(load_vocabulary(1, 5, 0, UINT32_MAX), StatusCode::kDataLoss);  // it ends past the bytes
  // the sum wraps around
  EXPECT_EQ(load_vocabulary(4294967290, 5, 0, UINT32_MAX), StatusCode::kDataLoss);
  EXPECT_EQ(load_vocabulary(0, 5, 1, UINT32_MAX), StatusCode::kDataLoss);  // there is no such id
  EXPECT_EQ(load_vocabulary(0, 5, 0, 0), StatusCode::kDataLoss);  // a search would never end

  TableWriter tables;
  tables.AddText("abc");
  ASSERT_TRUE(tables.WriteTo(file, key).ok());
  auto reader = TableReader::Open(file, key);
  ASSERT_TRUE(reader.ok());
  FlatArray<uint32_t> numbers;
  // 3 bytes do not make a number
  EXPECT_EQ((*reader)->Take(&numbers).code(), StatusCode::kDataLoss);
  EXPECT_EQ(TableReader::Open(file, TableKey{1, 2, 4}).status().code(), StatusCode::kDataLoss);
}

// Guards against a search that begins at the tail of the root, which read two billion nodes away.
TEST_F(CompiledTest, ATrieWhoseNodesPointOutsideIsRefused) {
  struct Node {
    uint32_t base = 0;
    uint32_t parent = UINT32_MAX;
    int32_t value = -1;
  };
  const TableKey key{1, 2, 3};
  const fs::path file = folder_ / "forged.vtok";
  const auto load_trie = [&](size_t node, Node forged) {
    std::vector<Node> nodes(256);
    nodes['a'] = {0, 0, 1};
    nodes[node] = forged;
    TableWriter tables;
    tables.Add(std::span<const Node>(nodes));
    tables.AddText(std::string_view("\1bc", 3));
    EXPECT_TRUE(tables.WriteTo(file, key).ok());
    auto reader = TableReader::Open(file, key);
    EXPECT_TRUE(reader.ok()) << reader.status().ToString();
    const auto trie = PrefixTrie::Load(reader->get(), 2);
    if (trie.ok()) (void)trie->Longest("abc");
    return trie.status().code();
  };
  constexpr uint32_t kTail = 1U << 31;
  EXPECT_EQ(load_trie('b', {}), StatusCode::kOk);
  EXPECT_EQ(load_trie('a', {kTail, 0, 1}), StatusCode::kOk);      // "a", then the tail "b"
  EXPECT_EQ(load_trie(0, {kTail, 0, 1}), StatusCode::kDataLoss);  // the root must not have a tail
  EXPECT_EQ(load_trie('a', {kTail, 0, -1}), StatusCode::kDataLoss);     // the tail has no value
  EXPECT_EQ(load_trie('a', {kTail | 2, 0, 1}), StatusCode::kDataLoss);  // the tail says 99 bytes
  EXPECT_EQ(load_trie('a', {kTail | 3, 0, 1}), StatusCode::kDataLoss);  // it lies past the tails
  EXPECT_EQ(load_trie('a', {256, 0, 1}), StatusCode::kDataLoss);        // it lies past the nodes
  EXPECT_EQ(load_trie('a', {0, 0, 2}), StatusCode::kDataLoss);          // there is no such id
}

// Each process that finds a file touches it, which changes no id; writing into the file may change
// any.
TEST_F(CompiledTest, AFileThatIsWrittenIntoIsNoticedAndOneThatIsTouchedIsNot) {
  const TableKey key{1, 2, 3};
  const fs::path file = folder_ / "a.vtok";
  const auto age = [&](int minutes) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::minutes(minutes));
  };
  TableWriter tables;
  tables.AddText("abc");
  ASSERT_TRUE(tables.WriteTo(file, key).ok());
  age(60);
  const auto reader = TableReader::Open(file, key);
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  EXPECT_TRUE((*reader)->Unchanged().ok());
  age(30);
  EXPECT_TRUE((*reader)->Unchanged().ok());
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(80);  // The first byte of "abc".
  stream << 'x' << std::flush;
  EXPECT_EQ((*reader)->Unchanged().code(), StatusCode::kDataLoss);
  fs::resize_file(file, 10);
  EXPECT_EQ((*reader)->Unchanged().code(), StatusCode::kDataLoss);
}

TEST_F(CompiledTest, ChangedJsonAndOtherOptionsAreOtherFiles) {
  const fs::path json = Write("tokenizer.json", SmallJson(kBpe));
  bool is_compiled = true;
  EXPECT_EQ(Ids(*Load(json, &is_compiled), "abc"), std::vector<int64_t>{4});
  std::string changed = SmallJson(kBpe);
  changed.replace(changed.find("\"abc\": 4"), 8, "\"abc\": 9");
  Write("tokenizer.json", changed);
  EXPECT_EQ(Ids(*Load(json, &is_compiled), "abc"), std::vector<int64_t>{9});
  EXPECT_FALSE(is_compiled);

  TokenizerOptions lower = Options();
  lower.do_lower_case = true;
  for (int load = 0; load < 2; ++load) {
    const auto tokenizer = Tokenizer::Load(json, lower);
    ASSERT_TRUE(tokenizer.ok());
    EXPECT_EQ(Ids(**tokenizer, "ABC"), std::vector<int64_t>{9});
  }
  EXPECT_EQ(Ids(*Load(json, &is_compiled), "ABC"), std::vector<int64_t>(3, 5));
  EXPECT_TRUE(is_compiled);
  EXPECT_EQ(ReadCompiledFolder(folder_ / "tokenizers").files, 3);
}

// Guards against using a tokenizer that was compiled beside another configuration.
TEST_F(CompiledTest, TheFilesBesideItAreInTheKey) {
  const fs::path json = Write("tokenizer.json", SmallJson(kBpe));
  bool is_compiled = true;
  for (int load = 0; load < 2; ++load) {
    EXPECT_EQ(Ids(*Load(json, &is_compiled), "x abc"), (std::vector<int64_t>{5, 4}));
    EXPECT_EQ(is_compiled, load == 1);
  }
  Write("tokenizer_config.json", R"({"tokenizer_class":"PreTrainedTokenizerFast",)"
                                 R"("split_special_tokens":true,"added_tokens_decoder":)"
                                 R"({"3":{"content":"ab","special":true},"6":{"content":"x"}}})");
  for (int load = 0; load < 2; ++load) {
    const auto tokenizer = Load(json, &is_compiled);
    ASSERT_NE(tokenizer, nullptr);
    EXPECT_EQ(Ids(*tokenizer, "x abc"), (std::vector<int64_t>{6, 4}));
    EXPECT_EQ(is_compiled, load == 1);
    EXPECT_THAT(tokenizer->notes().decided, testing::Contains(testing::HasSubstr("\"x\"")))
        << "also from the compiled form";
  }
  Write("tokenizer_config.json", R"({"tokenizer_class":"LlamaTokenizer"})");
  for (int load = 0; load < 2; ++load) {
    const auto tokenizer = Load(json, &is_compiled);
    ASSERT_NE(tokenizer, nullptr);
    EXPECT_EQ(is_compiled, load == 1);
    EXPECT_THAT(tokenizer->notes().differences,
                testing::ElementsAre(testing::HasSubstr("add_bos_token")));
    EXPECT_THAT(tokenizer->notes().possible_differences,
                testing::ElementsAre(testing::HasSubstr("for a LlamaTokenizer")));
  }
}

// Guards against wrong ids that outlive their mend: a table of another version of the ids is not
// read, even if it lies in the place of our own.
TEST_F(CompiledTest, TablesOfAnotherIdsVersionAreNotUsed) {
  TableKey old;
  old.ids_version = kTokenizerIdsVersion - 1;
  EXPECT_NE(old.FileName(), TableKey().FileName());

  const fs::path json = Write("tokenizer.json", SmallJson(kBpe));
  bool is_compiled = true;
  ASSERT_NE(Load(json, &is_compiled), nullptr);
  TableKey key;
  key.source_hash = Xxh3(*ReadFile(json));
  key.source_bytes = fs::file_size(json);
  ASSERT_EQ(OnlyFile().filename(), key.FileName());
  key.ids_version = old.ids_version;
  TableWriter tables;
  tables.AddText("made with other ids");
  ASSERT_TRUE(tables.WriteTo(OnlyFile(), key).ok());
  EXPECT_EQ(Ids(*Load(json, &is_compiled), "abc"), std::vector<int64_t>{4});
  EXPECT_FALSE(is_compiled);
}

TEST_F(CompiledTest, AFolderThatCannotBeWrittenIsNotAnError) {
  const fs::path json = Write("tokenizer.json", SmallJson(kBpe));
  TokenizerOptions options;
  options.compiled_folder = json / "tokenizers";  // the folder lies below a file
  const auto tokenizer = Tokenizer::Load(json, options);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  EXPECT_EQ(Ids(**tokenizer, "abc"), std::vector<int64_t>{4});
}

TEST_F(CompiledTest, SmallFilesAreNotCompiled) {
  std::string small = SmallJson(kBpe);
  small.resize(kSmallestCompiledSource - 1);
  bool is_compiled = false;
  ASSERT_NE(Load(Write("tokenizer.json", small), &is_compiled), nullptr);
  EXPECT_FALSE(fs::exists(folder_ / "tokenizers"));
}

TEST_F(CompiledTest, TheFolderKeepsTheLastUsedAndClearsCompletely) {
  const fs::path folder = folder_ / "tokenizers";
  TableWriter tables;
  tables.AddText("anything");
  const auto hour = [](int hours) {
    return fs::file_time_type::clock::now() - std::chrono::hours(hours);
  };
  for (uint64_t i = 0; i < kMostCompiledTokenizers; ++i) {
    ASSERT_TRUE(StoreCompiled(folder, {i}, tables).ok());
    fs::last_write_time(folder / TableKey{i}.FileName(), hour(10 - static_cast<int>(i)));
  }
  TouchCompiled(folder, {0});  // it was the oldest
  ASSERT_TRUE(StoreCompiled(folder, {100}, tables).ok());
  EXPECT_EQ(ReadCompiledFolder(folder).files, static_cast<int64_t>(kMostCompiledTokenizers));
  EXPECT_TRUE(fs::exists(folder / TableKey{0}.FileName()));
  EXPECT_FALSE(fs::exists(folder / TableKey{1}.FileName()));

  Write("tokenizers/notes.txt", "mine");
  ASSERT_TRUE(ClearCompiledFolder(folder).ok());
  EXPECT_EQ(ReadCompiledFolder(folder).files, 0);
  EXPECT_TRUE(fs::exists(folder / "notes.txt"));
  fs::remove(folder / "notes.txt");
  ASSERT_TRUE(ClearCompiledFolder(folder).ok());
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(ClearCompiledFolder(folder).ok());
}

}  // namespace
}  // namespace vetor
