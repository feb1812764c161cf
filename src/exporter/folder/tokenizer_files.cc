#include "exporter/folder/tokenizer_files.h"

#include <array>
#include <boost/json.hpp>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "base/status_macros.h"
#include "exporter/folder/model_files.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"
#include "os/json_file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::array kVocabularies = {
    "tokenizer.json",      "vocab.txt",    "vocab.json", "sentencepiece.bpe.model",
    "sentencepiece.model", "spiece.model", "spm.model",  "tokenizer.model",
    "bpe.codes",           "unigram.json",
};
constexpr std::array kCopiedAsIs = {"merges.txt", "added_tokens.json", "chat_template.jinja"};
constexpr std::array kSentenceConfigs = {
    "sentence_bert_config.json",       "sentence_roberta_config.json",
    "sentence_distilbert_config.json", "sentence_camembert_config.json",
    "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",      "sentence_mpnet_config.json",
};
constexpr std::array kTokenKeys = {"bos_token", "eos_token", "unk_token", "sep_token",
                                   "pad_token", "cls_token", "mask_token"};
// Tokenizers without a limit say 1e30; no real limit reaches a million.
constexpr int64_t kLongestSane = 1'000'000;

bool IsSane(int64_t length) { return length >= 1 && length <= kLongestSane; }

class TokenizerWriter {
 public:
  TokenizerWriter(const TokenizerSource& source, fs::path target)
      : source_(source), target_(std::move(target)) {}

  Status Run(std::vector<std::string>* warnings);

 private:
  // Returns an empty path if neither folder has the file. Fails for a link out of the model.
  Result<fs::path> Find(const char* name) const;
  Status CopyVocabulary(std::vector<std::string>* warnings);
  Result<json::object> ReadOrNothing(const fs::path& file) const;
  Status ReadSentenceConfig();
  Status WriteSentenceConfig() const;
  Status WriteTokenizerConfig();
  Status WriteSpecialTokens() const;
  Result<json::value> PadToken() const;

  const TokenizerSource& source_;
  fs::path target_;
  // The length at which sentence-transformers cuts; 0 if it is not declared.
  int64_t max_length_ = 0;
  std::optional<json::object> sentence_config_;
  json::object tokenizer_config_;  // The file as it is to be written.
  json::object special_tokens_;    // As in the source; may be empty.
};

Result<fs::path> TokenizerWriter::Find(const char* name) const {
  for (const fs::path& folder : {source_.transformer, source_.folder}) {
    const fs::path file = folder / name;
    if (!FileIsThere(file)) continue;
    VETOR_RETURN_IF_ERROR(CheckInsideModel(source_.folder, file));
    return file;
  }
  return fs::path();
}

Result<json::object> TokenizerWriter::ReadOrNothing(const fs::path& file) const {
  if (file.empty()) return json::object();
  return ReadModelConfigAsPython(file);
}

Status TokenizerWriter::CopyVocabulary(std::vector<std::string>* warnings) {
  std::vector<std::string> copied;
  for (const char* name : kVocabularies) {
    VETOR_ASSIGN_OR_RETURN(const fs::path file, Find(name));
    if (file.empty()) continue;
    VETOR_RETURN_IF_ERROR(CopyModelFile(source_.folder, file, target_ / name));
    copied.emplace_back(name);
  }
  if (copied.empty()) {
    return NotFoundError(source_.folder.string() +
                         " has no tokenizer: expected tokenizer.json, vocab.txt or a SentencePiece "
                         "model; download the whole model");
  }
  if (copied.front() != "tokenizer.json") {
    warnings->push_back("the source has " + copied.front() +
                        " but no tokenizer.json: vetor and sentence-transformers read the result, "
                        "text-embeddings-inference and fastembed do not");
  }
  for (const char* name : kCopiedAsIs) {
    VETOR_ASSIGN_OR_RETURN(const fs::path file, Find(name));
    if (!file.empty()) VETOR_RETURN_IF_ERROR(CopyModelFile(source_.folder, file, target_ / name));
  }
  return Status();
}

Status TokenizerWriter::ReadSentenceConfig() {
  for (const char* name : kSentenceConfigs) {
    VETOR_ASSIGN_OR_RETURN(const fs::path file, Find(name));
    if (file.empty()) continue;
    VETOR_ASSIGN_OR_RETURN(sentence_config_, ReadModelConfig(file));
    VETOR_ASSIGN_OR_RETURN(max_length_, WholeMember(*sentence_config_, "max_seq_length", 0, file));
    if (!IsSane(max_length_)) max_length_ = 0;  // As src/model reads it.
    return Status();
  }
  return Status();
}

// Writes the old generation's file even if the source has the new one, in which the tokenizer says
// how long a text may be.
Status TokenizerWriter::WriteSentenceConfig() const {
  if (!sentence_config_ && !FileIsThere(source_.folder / "modules.json")) return Status();
  const json::object config = sentence_config_.value_or(json::object());
  VETOR_ASSIGN_OR_RETURN(const bool lower,
                         BoolMember(config, "do_lower_case", false, source_.folder));
  return WriteModelJson(target_ / kSentenceConfigs[0],
                        json::object{{"max_seq_length", max_length_}, {"do_lower_case", lower}});
}

// The content of a token that is written as a string or as an object.
json::value Content(const json::value& token) {
  const json::object* object = token.if_object();
  const json::value* content = object != nullptr ? object->if_contains("content") : &token;
  return content != nullptr && content->is_string() ? *content : json::value();
}

// Looks in the usual places of the token; null if no file names it.
Result<json::value> TokenizerWriter::PadToken() const {
  for (const json::object* object : {&tokenizer_config_, &special_tokens_}) {
    if (const json::value* token = object->if_contains("pad_token")) {
      if (json::value content = Content(*token); !content.is_null()) return content;
    }
  }
  VETOR_ASSIGN_OR_RETURN(const fs::path file, Find("tokenizer.json"));
  if (file.empty()) return json::value();
  VETOR_ASSIGN_OR_RETURN(const json::value tokenizer, ReadJsonFile(file));
  json::error_code absent;
  const json::value* padding = tokenizer.find_pointer("/padding/pad_token", absent);
  if (padding != nullptr && padding->is_string()) return *padding;
  const json::value* added = tokenizer.find_pointer("/added_tokens", absent);
  if (added == nullptr || !added->is_array()) return json::value();
  for (const json::value& token : added->get_array()) {
    const json::value content = Content(token);
    if (content == json::value("[PAD]") || content == json::value("<pad>")) return content;
  }
  return json::value();
}

Status TokenizerWriter::WriteTokenizerConfig() {
  VETOR_ASSIGN_OR_RETURN(const fs::path file, Find("tokenizer_config.json"));
  VETOR_ASSIGN_OR_RETURN(tokenizer_config_, ReadOrNothing(file));
  VETOR_ASSIGN_OR_RETURN(const int64_t declared,
                         WholeMember(tokenizer_config_, "model_max_length", 0, file));
  const bool sane = IsSane(declared);
  if (max_length_ == 0) max_length_ = sane ? declared : source_.max_positions;
  // fastembed and transformers.js cut at this length, sentence-transformers at that of its own
  // file. MiniLM's files say 512 and 256, which gives other vectors for long texts (cosine 0.74 at
  // worst).
  if (!sane || declared > max_length_) tokenizer_config_["model_max_length"] = max_length_;
  VETOR_ASSIGN_OR_RETURN(json::value pad, PadToken());
  if (!pad.is_null()) tokenizer_config_["pad_token"] = std::move(pad);
  return WriteModelJson(target_ / "tokenizer_config.json", tokenizer_config_);
}

Status TokenizerWriter::WriteSpecialTokens() const {
  VETOR_ASSIGN_OR_RETURN(const fs::path file, Find("special_tokens_map.json"));
  if (!file.empty()) {
    return CopyModelFile(source_.folder, file, target_ / "special_tokens_map.json");
  }
  json::object map;
  for (const char* key : kTokenKeys) {
    const json::value* token = tokenizer_config_.if_contains(key);
    if (token == nullptr || token->is_null()) continue;
    map[key] = *token;
    if (json::object* object = map[key].if_object()) object->erase("__type");
  }
  return WriteModelJson(target_ / "special_tokens_map.json", map);
}

Status TokenizerWriter::Run(std::vector<std::string>* warnings) {
  VETOR_RETURN_IF_ERROR(CopyVocabulary(warnings));
  VETOR_ASSIGN_OR_RETURN(const fs::path special_tokens, Find("special_tokens_map.json"));
  VETOR_ASSIGN_OR_RETURN(special_tokens_, ReadOrNothing(special_tokens));
  VETOR_RETURN_IF_ERROR(ReadSentenceConfig());
  VETOR_RETURN_IF_ERROR(WriteTokenizerConfig());
  VETOR_RETURN_IF_ERROR(WriteSentenceConfig());
  return WriteSpecialTokens();
}

}  // namespace

Status WriteTokenizerFiles(const TokenizerSource& source, const fs::path& target,
                           std::vector<std::string>* warnings) {
  return TokenizerWriter(source, target).Run(warnings);
}

}  // namespace vetor
