// Finds and reads the tokenizers of the tests and what the reference says of them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/unpacked_data.h"
#include "tokenizer/pipeline.h"

namespace vetor {

/// The tokenizers of tests/data/packed. Each has golden ids and frozen answers.
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

/// The file's content; fails the test if it cannot be read.
std::string ReadTestFile(const std::filesystem::path& path);

/// NAME.json of the unpacked tokenizers, or else of .deps/tokenizers; fails the test if neither has
/// it.
std::filesystem::path FindTokenizer(std::string_view name);

/// Loads a tokenizer. If it does not load, fails the test and returns null.
std::unique_ptr<Pipeline> LoadPipeline(const std::filesystem::path& path, bool fused = true);

/// Reads one JSON value per line.
std::vector<boost::json::value> ReadJsonLines(const std::filesystem::path& path);

/// Numbers of a JSON array.
std::vector<int64_t> Numbers(const boost::json::value& array);

/// The golden texts: traps and lines in many languages.
std::vector<std::string> GoldenTexts();

/// A golden text and its ids by the reference, with special tokens.
struct GoldenRow {
  std::string text;
  std::vector<int64_t> ids;
};

/// Reads all of them from NAME.ids of the unpacked data, or else of .deps/tokenizers; fails the
/// test if neither has it.
std::vector<GoldenRow> GoldenRows(const std::string& name);

/// The ids of `text`, with special tokens.
std::vector<int64_t> Ids(const Tokenizer& tokenizer, std::string_view text);

/// `name`, written as GoogleTest accepts it for a parameter.
std::string TestName(std::string name);

}  // namespace vetor
