#include "model/length_limit.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/status_macros.h"
#include "encoder/position_offset.h"
#include "formats/model_config.h"
#include "formats/model_file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int kDefaultMaxLength = 512;
constexpr const char* kFixedLength = "the graph's fixed length";
// Tokenizers without a limit say 1e30; no limit that is meant reaches a million.
constexpr int64_t kLongestSane = 1'000'000;
constexpr int64_t kMaxTokenId = 1LL << 31;

constexpr std::array kSentenceConfigNames = {
    "sentence_bert_config.json",       "sentence_roberta_config.json",
    "sentence_distilbert_config.json", "sentence_camembert_config.json",
    "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
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
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfigAsPython(file));
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

Status ApplyFixedLength(const LengthSources& sources, LengthLimit* limit) {
  const int64_t fixed = sources.fixed_length;
  const bool said = limit->max_length > fixed || limit->source == kFixedLength;
  if (fixed == 0 || !said) return Status();
  const std::string what = "the graph has the fixed length " + std::to_string(fixed);
  constexpr const char* kRemedy =
      "; for longer texts export the model with a free length (dynamic axes), as vetor export does";
  if (sources.asked != 0) {
    return InvalidArgumentError("max_length is " + std::to_string(sources.asked) + ", but " + what +
                                ": set it to at most that, or leave it unset" + kRemedy);
  }
  const bool alone = limit->source == kFixedLength;
  const std::string declared =
      alone ? "" : ", and " + limit->source + " is " + std::to_string(limit->max_length);
  limit->warnings.push_back(what + declared + ": texts are cut at " + std::to_string(fixed) +
                            " tokens, and shorter ones padded" + kRemedy);
  if (alone) return Status();
  limit->max_length = static_cast<int>(fixed);
  limit->source += ", bounded by the graph's fixed length " + std::to_string(fixed);
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
  // Without a family the size of the table shows it.
  int64_t offset = sources.position_rows % 8 == 2 ? 2 : 0;
  int64_t declared = 0;  // Tokens of the longest text, by config.json.
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
    if (!family.empty()) offset = FirstPosition(family, padding);
    const PositionOffset* of_family = FindPositionOffset(family);
    const bool counts_offset = of_family == nullptr ? family.empty() : !of_family->rows_beyond;
    declared = IsSane(declared) ? declared - (counts_offset ? offset : 0) : 0;
    if (declared < 0) return 0;
  }
  if (offset < 0) return 0;
  const int64_t in_table = std::max<int64_t>(0, sources.position_rows - offset);
  if (sources.position_rows > 0 && in_table == 0) return 0;
  const int64_t limit =
      declared > 0 && in_table > 0 ? std::min(declared, in_table) : std::max(declared, in_table);
  return std::min(limit, kLongestSane);
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
  if (sources.any_length) {
    if (sources.asked == 0) {
      limit.max_length = kAnyLength;
      limit.source = "a static model, which takes any length";
    }
    return limit;
  }
  VETOR_RETURN_IF_ERROR(ReadSentenceConfig(sources.folders, &limit));
  VETOR_RETURN_IF_ERROR(ReadTokenizerConfig(sources.folders, &limit));
  VETOR_ASSIGN_OR_RETURN(const int64_t positions, PositionLimit(sources));
  if (limit.max_length == 0 && positions > 0) {
    limit.max_length = static_cast<int>(positions);
    limit.source = "the position table";
  }
  if (limit.max_length == 0 && sources.fixed_length > 0) {
    limit.max_length = static_cast<int>(std::min(sources.fixed_length, kLongestSane));
    limit.source = kFixedLength;
  }
  if (limit.max_length == 0) {
    limit.max_length = kDefaultMaxLength;
    limit.source = "the default, as no file says it";
    limit.assumed = true;
  }
  VETOR_RETURN_IF_ERROR(ApplyPositions(positions, sources.asked, &limit));
  VETOR_RETURN_IF_ERROR(ApplyFixedLength(sources, &limit));
  return limit;
}

}  // namespace vetor
