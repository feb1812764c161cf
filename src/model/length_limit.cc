#include "model/length_limit.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/model_file.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int kDefaultMaxLength = 512;
// Tokenizers without a limit say 1e30; nothing that is meant reaches a million.
constexpr int64_t kLongestSane = 1'000'000;
constexpr int64_t kMaxTokenId = 1LL << 31;

constexpr std::array kSentenceConfigNames = {
    "sentence_bert_config.json",       "sentence_roberta_config.json",
    "sentence_distilbert_config.json", "sentence_camembert_config.json",
    "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
};

constexpr std::array<std::string_view, 9> kOffsetFamilies = {
    "roberta",    "xlm-roberta",   "xlm-roberta-xl", "camembert", "mpnet",
    "longformer", "data2vec-text", "ibert",          "xmod",
};

bool IsSane(int64_t length) { return length >= 1 && length <= kLongestSane; }

void Take(int64_t length, const fs::path& file, const char* key, LengthLimit* limit) {
  if (limit->max_length != 0 || !IsSane(length)) return;
  limit->max_length = static_cast<int>(length);
  limit->source = file.string() + " " + key;
}

// Also picks up do_lower_case, which stands in the same file.
Status ReadSentenceConfig(const std::vector<fs::path>& folders, LengthLimit* limit) {
  for (const char* name : kSentenceConfigNames) {
    const fs::path file = FindConfig(folders, name);
    if (file.empty()) continue;
    VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfig(file));
    VETOR_ASSIGN_OR_RETURN(const int64_t length, WholeMember(config, "max_seq_length", 0, file));
    VETOR_ASSIGN_OR_RETURN(limit->do_lower_case, BoolMember(config, "do_lower_case", false, file));
    Take(length, file, "max_seq_length", limit);
    break;
  }
  return Status();
}

Status ReadTokenizerConfig(const std::vector<fs::path>& folders, LengthLimit* limit) {
  const fs::path file = FindConfig(folders, "tokenizer_config.json");
  if (limit->max_length != 0 || file.empty()) return Status();
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfig(file));
  VETOR_ASSIGN_OR_RETURN(const int64_t length, WholeMember(config, "model_max_length", 0, file));
  Take(length, file, "model_max_length", limit);
  return Status();
}

Status ApplyPositions(int64_t positions, int asked, LengthLimit* limit) {
  if (positions == 0 || limit->max_length <= positions) return Status();
  if (asked != 0) {
    return InvalidArgumentError("max_length is " + std::to_string(asked) +
                                ", but the model has positions for " + std::to_string(positions) +
                                " tokens; set it to at most that, or leave it unset");
  }
  limit->warnings.push_back(limit->source + " is " + std::to_string(limit->max_length) +
                            ", more than the model's " + std::to_string(positions) +
                            " positions; texts are cut at " + std::to_string(positions));
  limit->max_length = static_cast<int>(positions);
  limit->source += ", bounded by the position table";
  return Status();
}

}  // namespace

fs::path FindConfig(const std::vector<fs::path>& folders, const char* name) {
  for (const fs::path& folder : folders) {
    if (FileIsThere(folder / name)) return folder / name;
  }
  return {};
}

Result<int64_t> PositionLimit(const LengthSources& sources) {
  int64_t offset = sources.position_rows % 8 == 2 ? 2 : 0;
  int64_t declared = 0;
  const fs::path file = FindConfig(sources.folders, "config.json");
  if (!file.empty()) {
    VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfig(file));
    VETOR_ASSIGN_OR_RETURN(const std::string family, StringMember(config, "model_type", "", file));
    VETOR_ASSIGN_OR_RETURN(declared, WholeMember(config, "max_position_embeddings", 0, file));
    VETOR_ASSIGN_OR_RETURN(const int64_t padding, WholeMember(config, "pad_token_id", 1, file));
    if (padding < -kMaxTokenId || padding > kMaxTokenId) {
      return InvalidArgumentError(file.string() + ": \"pad_token_id\" is " +
                                  std::to_string(padding) + ", expected at most " +
                                  std::to_string(kMaxTokenId));
    }
    const bool offset_family =
        std::find(kOffsetFamilies.begin(), kOffsetFamilies.end(), family) != kOffsetFamilies.end();
    if (!family.empty()) offset = offset_family ? padding + 1 : 0;
  }
  int64_t rows = IsSane(declared) ? declared : sources.position_rows;
  if (sources.position_rows > 0) rows = std::min(rows, sources.position_rows);
  return rows > offset && offset >= 0 ? std::min(rows - offset, kLongestSane) : 0;
}

Result<LengthLimit> FindLengthLimit(const LengthSources& sources) {
  if (sources.asked < 0) {
    return InvalidArgumentError("max_length is " + std::to_string(sources.asked) +
                                ", expected at least 1, or 0 for the model's own");
  }
  LengthLimit limit;
  if (sources.asked > 0) {
    limit.max_length = sources.asked;
    limit.source = "the setting max_length";
  }
  VETOR_RETURN_IF_ERROR(ReadSentenceConfig(sources.folders, &limit));
  VETOR_RETURN_IF_ERROR(ReadTokenizerConfig(sources.folders, &limit));
  VETOR_ASSIGN_OR_RETURN(const int64_t positions, PositionLimit(sources));
  if (limit.max_length == 0 && positions > 0) {
    limit.max_length = static_cast<int>(positions);
    limit.source = "the position table";
  }
  if (limit.max_length == 0) {
    limit.max_length = kDefaultMaxLength;
    limit.source = "the default, as no file says it";
  }
  VETOR_RETURN_IF_ERROR(ApplyPositions(positions, sources.asked, &limit));
  return limit;
}

}  // namespace vetor
