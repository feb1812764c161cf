#include "tokenizer/vocab_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "formats/model_config.h"
#include "os/file.h"
#include "os/json_file.h"
#include "tokenizer/folder/python_ids.h"
#include "tokenizer/folder/special_tokens.h"
#include "tokenizer/template_pieces.h"

namespace vetor {
namespace {

namespace json = boost::json;

// The class that is assumed if no file beside the vocabulary names one.
constexpr std::string_view kDefaultJsonClass = "RobertaTokenizer";

Status CheckClass(const std::filesystem::path& path, const FolderFiles& files) {
  if (IsVocabJsonClass(files)) return Status();
  return UnreadVocabulary(path, files, "one of the RoBERTa family or DebertaTokenizer");
}

// Reads one merge per line. The first line is the version, and text after the last "\n" does not
// count.
Result<json::array> ReadMerges(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  if (FindInvalidUtf8(text) != kValidUtf8) {
    return InvalidArgumentError(path.string() +
                                ": invalid UTF-8, expected one merge per line; take the file again "
                                "from where the model comes from");
  }
  json::array merges;
  json::object seen;
  const size_t version_end = std::min(text.find('\n'), text.size());
  for (size_t begin = version_end + 1; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (seen.emplace(line, true).second) merges.emplace_back(line);
  }
  return merges;
}

// Makes [CLS] A [SEP] B [SEP], whatever the special tokens are called.
json::object DebertaTemplate(int64_t cls, int64_t sep) {
  return {{"type", "TemplateProcessing"},
          {"single",
           json::array{SpecialPiece("[CLS]", 0), SequencePiece("A", 0), SpecialPiece("[SEP]", 0)}},
          {"pair",
           json::array{SpecialPiece("[CLS]", 0), SequencePiece("A", 0), SpecialPiece("[SEP]", 0),
                       SequencePiece("B", 1), SpecialPiece("[SEP]", 1)}},
          {"special_tokens",
           {{"[CLS]", {{"id", "[CLS]"}, {"ids", json::array{cls}}}},
            {"[SEP]", {{"id", "[SEP]"}, {"ids", json::array{sep}}}}}}};
}

}  // namespace

bool IsVocabJsonClass(const FolderFiles& files) {
  using P = TokenizerClass::PostProcessor;
  return files.tokenizer_class != nullptr &&
         (files.tokenizer_class->post_processor == P::kRoberta ||
          files.class_name == "DebertaTokenizer") &&
         files.class_name != "BlenderbotTokenizer";
}

Result<json::value> ReadVocabJson(const std::filesystem::path& path, FolderFiles* files) {
  if (files->class_name.empty() || files->class_name == "PreTrainedTokenizer") {
    files->class_name = kDefaultJsonClass;
    files->tokenizer_class = FindTokenizerClass(files->class_name);
  }
  VETOR_RETURN_IF_ERROR(CheckClass(path, *files));
  const std::filesystem::path config = files->PathOf("tokenizer_config.json");
  VETOR_ASSIGN_OR_RETURN(const bool prefix,
                         BoolMember(files->config, "add_prefix_space",
                                    files->class_name == "LayoutLMv3Tokenizer", config));
  json::object document;
  VETOR_ASSIGN_OR_RETURN(const AddedByFolder added, ReadAddedTokens(*files, document, false));
  VETOR_ASSIGN_OR_RETURN(json::value vocab, ReadJsonFile(path));
  if (!vocab.is_object()) {
    return WrongInFolder(path.string(), "an object of tokens and ids", JsonTypeName(vocab));
  }
  VETOR_ASSIGN_OR_RETURN(json::array merges, ReadMerges(path.parent_path() / "merges.txt"));
  document["model"] = {
      {"type", "BPE"},     {"continuing_subword_prefix", ""}, {"end_of_word_suffix", ""},
      {"fuse_unk", false}, {"vocab", std::move(vocab)},       {"merges", std::move(merges)}};
  const PythonIds python(document, added);
  const bool deberta = files->class_name == "DebertaTokenizer";
  std::map<std::string, int64_t> ids;
  for (const char* key : {"cls", "sep"}) {
    const auto named = added.named.find(key);
    const std::string own = named == added.named.end() ? "" : named->second;
    const std::string name = !deberta ? own : std::string(key) == "cls" ? "[CLS]" : "[SEP]";
    ids[key] = python.Find(name);
    if (ids[key] < 0) {
      return InvalidArgumentError(
          fmt::format("{}: expected the {}_token {} of a {}, found {} other tokens; name the token "
                      "that the vocabulary has in tokenizer_config.json, or the right "
                      "tokenizer_class",
                      path.string(), key, Quoted(name), files->class_name,
                      document["model"].at("vocab").as_object().size()));
    }
  }
  document["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", prefix}};
  if (deberta) {
    document["post_processor"] = DebertaTemplate(ids["cls"], ids["sep"]);
  } else {
    document["post_processor"] = {{"type", "RobertaProcessing"},
                                  {"sep", {added.named.at("sep"), ids["sep"]}},
                                  {"cls", {added.named.at("cls"), ids["cls"]}},
                                  {"trim_offsets", true},
                                  {"add_prefix_space", prefix}};
  }
  document["decoder"] = {{"type", "ByteLevel"}};
  document["added_tokens"] = json::array();
  return json::value(std::move(document));
}

}  // namespace vetor
