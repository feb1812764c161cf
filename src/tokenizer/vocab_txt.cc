// vocab.txt, written as the tokenizer.json that it stands for.
#include <fmt/format.h>

#include "base/file.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/unicode/properties.h"
#include "tokenizer/vocabulary_files.h"

namespace vetor {
namespace {

namespace json = boost::json;

// The line without trailing whitespace, as the reference trims it.
std::string_view TrimEnd(std::string_view line) {
  size_t end = 0;
  for (size_t at = 0; at < line.size();) {
    if (!unicode::Has(DecodeUtf8(line, &at), unicode::kIsWhitespace)) end = at;
  }
  return line.substr(0, end);
}

json::object ReadVocabulary(std::string_view text) {
  json::object vocab;
  int64_t id = 0;
  for (size_t begin = 0; begin < text.size(); ++id) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    vocab[TrimEnd(text.substr(begin, end - begin))] = id;
    begin = end + 1;
  }
  return vocab;
}

// BertNormalizer with what tokenizer_config.json says of it.
Result<json::object> ReadNormalizer(const std::filesystem::path& config_path) {
  Result<json::value> document = ReadJsonFile(config_path);
  if (document.status().code() == StatusCode::kNotFound) document = json::value(json::object());
  if (!document.ok()) return std::move(document).status();
  const JsonNode config(*document, config_path.string() + ": ");
  json::object normalizer = {{"type", "BertNormalizer"}, {"clean_text", true}};
  VETOR_ASSIGN_OR_RETURN(const bool lowercase, config.BoolOr("do_lower_case", true));
  VETOR_ASSIGN_OR_RETURN(const bool strip, config.BoolOr("strip_accents", lowercase));
  VETOR_ASSIGN_OR_RETURN(const bool ideographs, config.BoolOr("tokenize_chinese_chars", true));
  normalizer["lowercase"] = lowercase;
  normalizer["strip_accents"] = strip;
  normalizer["handle_chinese_chars"] = ideographs;
  return normalizer;
}

json::array AddedTokensOf(const json::object& vocab) {
  json::array added;
  for (const char* content : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    if (!vocab.contains(content)) continue;
    added.push_back({{"id", vocab.at(content)},
                     {"content", content},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  return added;
}

}  // namespace

Result<Pipeline::Parts> ReadVocabTxt(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const size_t bad = FindInvalidUtf8(text);
  if (bad != kValidUtf8) {
    return InvalidArgumentError(
        fmt::format("{}: invalid UTF-8 at byte {}; expected one token a line", path.string(), bad));
  }
  json::object vocab = ReadVocabulary(text);
  for (const char* needed : {"[CLS]", "[SEP]", "[UNK]"}) {
    if (vocab.contains(needed)) continue;
    return InvalidArgumentError(
        fmt::format("{}: {} is missing; is this a BERT vocabulary? (found {} tokens)",
                    path.string(), needed, vocab.size()));
  }
  json::object document;
  VETOR_ASSIGN_OR_RETURN(document["normalizer"],
                         ReadNormalizer(path.parent_path() / "tokenizer_config.json"));
  document["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  document["post_processor"] = {{"type", "BertProcessing"},
                                {"sep", {"[SEP]", vocab.at("[SEP]")}},
                                {"cls", {"[CLS]", vocab.at("[CLS]")}}};
  document["added_tokens"] = AddedTokensOf(vocab);
  document["model"] = {{"type", "WordPiece"},
                       {"unk_token", "[UNK]"},
                       {"continuing_subword_prefix", "##"},
                       {"max_input_chars_per_word", 100},
                       {"vocab", std::move(vocab)}};
  return ParseParts(JsonNode(document, path.string() + ": "));
}

}  // namespace vetor
