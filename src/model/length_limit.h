// The longest text a model takes, in tokens with the special ones.
//
// Sources, the first that says something: the caller; sentence_bert_config.json (or one of its
// older names) max_seq_length; tokenizer_config.json model_max_length; the position table; 512.
// The truncation inside tokenizer.json never counts: all-MiniLM-L6-v2's says 128, but 256 is meant.
// The position table bounds every source.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// The maximum length of a model that has none.
inline constexpr int kAnyLength = std::numeric_limits<int>::max();

struct LengthSources {
  int asked = 0;  ///< The caller's; 0: none.
  std::vector<std::filesystem::path>
      folders;                ///< The folders in which configuration files are looked for.
  int64_t position_rows = 0;  ///< Of the graph's position table; 0: none found.
  int64_t fixed_length = 0;   ///< Tokens that each row of the graph has; 0: any number.
  bool any_length = false;    ///< A static model: no file counts, and no length is too long.
};

struct LengthLimit {
  int max_length = 0;
  std::string source;          ///< "/m/sentence_bert_config.json max_seq_length"
  bool assumed = false;        ///< Neither the caller nor a file nor the graph says the length.
  bool do_lower_case = false;  ///< Of the same file as max_seq_length.
  std::vector<std::string> warnings;
};

/// INVALID_ARGUMENT if the caller asks for more than the positions or the graph's fixed length, or
/// for less than 1, and for a pad_token_id that no vocabulary has.
Result<LengthLimit> FindLengthLimit(const LengthSources& sources);

/// The number of tokens that the positions can hold; 0: not known. Uses config.json's
/// max_position_embeddings and the graph's table, the smaller of the two. RoBERTa, XLM-R,
/// CamemBERT, MPNet and kin count positions from pad_token_id + 1, so their 514 rows hold 512
/// tokens; without config.json a row count of 2 modulo 8 shows such a table (no other kind has such
/// a size).
Result<int64_t> PositionLimit(const LengthSources& sources);

/// The path of file `name` in the first of `folders` that has it; empty if none has.
std::filesystem::path FindConfig(const std::vector<std::filesystem::path>& folders,
                                 const char* name);

}  // namespace vetor
