// The last stage adds the special tokens around one text or a pair, and the type of each token.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenizer/json_node.h"
#include "tokenizer/range_trim.h"
#include "vetor/status.h"

namespace vetor {

/// One part of a template: a sequence, or special tokens.
struct TemplatePart {
  enum class Kind { kFirst, kSecond, kSpecial };
  Kind kind = Kind::kFirst;
  int64_t type_id = 0;
  std::vector<int64_t> ids;  ///< The ids, if the part is kSpecial.
  /// If it is false, overflow windows keep type 0 for the first text and 1 for the second, as
  /// TemplateProcessing leaves them in the reference.
  bool types_windows = true;
};

/// Every post-processor of tokenizer.json is reduced to two templates and a way to trim places.
/// Plain values.
class PostProcessor {
 public:
  /// Stands for no post-processor: only the sequences, with types 0 and 1.
  PostProcessor();

  /// Builds what a "post_processor" object describes.
  /// Errors: INVALID_ARGUMENT names the key; UNIMPLEMENTED names the component.
  static Result<PostProcessor> Parse(const JsonNode& node);

  const std::vector<TemplatePart>& single() const { return single_; }
  const std::vector<TemplatePart>& pair() const { return pair_; }

  /// They are applied in this order, before the template.
  const std::vector<RangeTrim>& range_trims() const { return range_trims_; }

  /// How many special tokens the template adds.
  size_t added_tokens(bool is_pair) const;

  /// The largest special id, so that a caller can check it against the vocabulary.
  int64_t max_id() const;

 private:
  static Result<PostProcessor> ParseTemplate(const JsonNode& node);
  static Result<PostProcessor> ParseClsSep(const JsonNode& node, bool roberta);
  static Result<PostProcessor> ParseByteLevel(const JsonNode& node);
  static Result<PostProcessor> ParseSequence(const JsonNode& node);
  Status ReadRangeTrim(const JsonNode& node);

  std::vector<TemplatePart> single_;
  std::vector<TemplatePart> pair_;
  std::vector<RangeTrim> range_trims_;
};

}  // namespace vetor
