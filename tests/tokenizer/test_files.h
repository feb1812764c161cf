// Where the tests find tokenizers, and how they read them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/pipeline.h"

namespace vetor {

/// The file's content, unpacked where its name ends in ".gz"; fails the test where it cannot.
std::string ReadPossiblyPacked(const std::filesystem::path& path);

/// NAME.json or NAME.json.gz among the shared tokenizers; empty where there is none.
std::filesystem::path FindTokenizer(std::string_view name);

/// Why a test of that tokenizer is skipped, and what to do.
std::string WithoutTokenizer(std::string_view name);

/// A loaded tokenizer. Null, after failing the test, where it does not load.
std::unique_ptr<Pipeline> LoadPipeline(const std::filesystem::path& path, bool fused = true);

/// One JSON object a line.
std::vector<boost::json::value> ReadJsonLines(const std::filesystem::path& path);

/// Numbers of a JSON array.
std::vector<int64_t> Numbers(const boost::json::value& array);

/// The ids of `text`, special tokens included.
std::vector<int64_t> Ids(const Tokenizer& tokenizer, std::string_view text);

/// `name` as GoogleTest accepts it for a parameter.
std::string TestName(std::string name);

}  // namespace vetor
