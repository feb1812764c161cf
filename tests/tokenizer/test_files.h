// Where the tests find tokenizers and what the reference says of them, and how they read both.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/unpacked_data.h"
#include "tokenizer/pipeline.h"

namespace vetor {

/// The tokenizers of tests/data/packed: each has golden ids and frozen answers.
inline constexpr const char* kFamilies[] = {"all-minilm-l6-v2",
                                            "bert-multilingual-uncased",
                                            "all-mpnet-base-v2",
                                            "xlm-roberta-wssplit",
                                            "xlm-roberta-metaspace",
                                            "t5-small",
                                            "roberta-base",
                                            "modernbert",
                                            "qwen3",
                                            "gemma-shaped"};

/// The file's content; fails the test where it cannot be read.
std::string ReadTestFile(const std::filesystem::path& path);

/// NAME.json of the unpacked tokenizers, else of .deps/tokenizers; fails the test where it is in
/// neither.
std::filesystem::path FindTokenizer(std::string_view name);

/// A loaded tokenizer. Null, after failing the test, where it does not load.
std::unique_ptr<Pipeline> LoadPipeline(const std::filesystem::path& path, bool fused = true);

/// One JSON value a line.
std::vector<boost::json::value> ReadJsonLines(const std::filesystem::path& path);

/// Numbers of a JSON array.
std::vector<int64_t> Numbers(const boost::json::value& array);

/// The golden texts: traps and lines in many languages.
std::vector<std::string> GoldenTexts();

/// A golden text and its ids by the reference, special tokens included.
struct GoldenRow {
  std::string text;
  std::vector<int64_t> ids;
};

/// All of them, from NAME.ids of the unpacked data, else of .deps/tokenizers; fails the test where
/// it is in neither.
std::vector<GoldenRow> GoldenRows(const std::string& name);

/// The ids of `text`, special tokens included.
std::vector<int64_t> Ids(const Tokenizer& tokenizer, std::string_view text);

/// `name` as GoogleTest accepts it for a parameter.
std::string TestName(std::string name);

}  // namespace vetor
