#include "tokenizer/post_processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "tokenizer/vocabulary.h"

namespace vetor {
namespace {

using Kind = TemplatePart::Kind;
using Parts = std::vector<TemplatePart>;

// Real templates have at most five parts and ids. Without a bound, a file of a megabyte could add a
// million ids to each text a thousand times.
constexpr size_t kMostParts = 64;
constexpr size_t kMostSpecialTokens = 1024;

// Reads special_tokens.KEY of a template: {"id": KEY, "ids": [101], "tokens": [...]}.
Result<std::vector<int64_t>> SpecialIds(const JsonNode& special_tokens, std::string_view key) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode token, special_tokens.Get(key));
  VETOR_ASSIGN_OR_RETURN(const JsonNode ids_node, token.Get("ids"));
  VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, ids_node.Elements());
  std::vector<int64_t> ids;
  for (const JsonNode& element : elements) {
    VETOR_ASSIGN_OR_RETURN(const int64_t id, element.Integer(0, Vocabulary::kMaxId));
    ids.push_back(id);
  }
  return ids;
}

// Reads {"SpecialToken": {"id": "[CLS]", "type_id": 0}} or {"Sequence": {"id": "A", "type_id": 0}}.
Result<TemplatePart> ParsePart(const JsonNode& node, const JsonNode& special_tokens) {
  TemplatePart part;
  part.types_windows = false;
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> special, node.Find("SpecialToken"));
  VETOR_ASSIGN_OR_RETURN(const JsonNode body,
                         special ? Result<JsonNode>(*special) : node.Get("Sequence"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view id, body.StringAt("id"));
  VETOR_ASSIGN_OR_RETURN(const JsonNode type, body.Get("type_id"));
  VETOR_ASSIGN_OR_RETURN(part.type_id, type.Integer(0, UINT32_MAX));
  if (special) {
    part.kind = Kind::kSpecial;
    VETOR_ASSIGN_OR_RETURN(part.ids, SpecialIds(special_tokens, id));
  } else if (id == "A" || id == "B") {
    part.kind = id == "A" ? Kind::kFirst : Kind::kSecond;
  } else {
    return body.Fault(fmt::format("expected the id \"A\" or \"B\", found \"{}\"", id));
  }
  return part;
}

Result<Parts> ParseParts(const JsonNode& node, std::string_view key,
                         const JsonNode& special_tokens) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode list, node.Get(key));
  VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, list.Elements());
  if (elements.size() > kMostParts) {
    return list.Fault(fmt::format("{} parts, expected at most {}", elements.size(), kMostParts));
  }
  Parts parts;
  size_t special = 0;
  for (const JsonNode& element : elements) {
    VETOR_ASSIGN_OR_RETURN(TemplatePart part, ParsePart(element, special_tokens));
    special += part.ids.size();
    if (special > kMostSpecialTokens) {
      return list.Fault(
          fmt::format("{} special tokens, expected at most {}", special, kMostSpecialTokens));
    }
    if (key == "single" && part.kind == Kind::kSecond) {
      return element.Fault("the template for one text cannot use sequence B");
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

// Reads ["[SEP]", 102].
Result<TemplatePart> ParseTokenAndId(const JsonNode& node, std::string_view key) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode member, node.Get(key));
  VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, member.Elements());
  if (elements.size() != 2) return member.Expected("a token and its id, e.g. [\"[SEP]\", 102]");
  VETOR_ASSIGN_OR_RETURN([[maybe_unused]] const std::string_view token, elements[0].String());
  VETOR_ASSIGN_OR_RETURN(const int64_t id, elements[1].Integer(0, Vocabulary::kMaxId));
  TemplatePart part;
  part.kind = Kind::kSpecial;
  part.ids = {id};
  return part;
}

TemplatePart SequencePart(Kind kind, int64_t type_id) {
  TemplatePart part;
  part.kind = kind;
  part.type_id = type_id;
  return part;
}

}  // namespace

PostProcessor::PostProcessor()
    : single_{SequencePart(Kind::kFirst, 0)},
      pair_{SequencePart(Kind::kFirst, 0), SequencePart(Kind::kSecond, 1)} {}

Result<PostProcessor> PostProcessor::Parse(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view type, node.TypeName());
  if (type == "TemplateProcessing") return ParseTemplate(node);
  if (type == "BertProcessing") return ParseClsSep(node, false);
  if (type == "RobertaProcessing") return ParseClsSep(node, true);
  if (type == "Sequence") return ParseSequence(node);
  if (type == "ByteLevel") return ParseByteLevel(node);
  return node.Unknown("post-processor", type);
}

Result<PostProcessor> PostProcessor::ParseTemplate(const JsonNode& node) {
  PostProcessor processor;
  VETOR_ASSIGN_OR_RETURN(const JsonNode special_tokens, node.Get("special_tokens"));
  VETOR_ASSIGN_OR_RETURN(processor.single_, ParseParts(node, "single", special_tokens));
  VETOR_ASSIGN_OR_RETURN(processor.pair_, ParseParts(node, "pair", special_tokens));
  return processor;
}

// BERT has [CLS] A [SEP] B [SEP], with type 1 for B and its [SEP]. RoBERTa has <s> A </s> </s> B
// </s>, all of type 0.
Result<PostProcessor> PostProcessor::ParseClsSep(const JsonNode& node, bool roberta) {
  VETOR_ASSIGN_OR_RETURN(const TemplatePart sep, ParseTokenAndId(node, "sep"));
  VETOR_ASSIGN_OR_RETURN(const TemplatePart cls, ParseTokenAndId(node, "cls"));
  PostProcessor processor;
  processor.single_ = {cls, SequencePart(Kind::kFirst, 0), sep};
  processor.pair_ = processor.single_;
  if (roberta) {
    VETOR_RETURN_IF_ERROR(processor.ReadRangeTrim(node));
  }
  const int64_t second_type = roberta ? 0 : 1;
  if (roberta) processor.pair_.push_back(sep);
  processor.pair_.push_back(SequencePart(Kind::kSecond, second_type));
  processor.pair_.push_back(sep);
  processor.pair_.back().type_id = second_type;
  return processor;
}

// The reference cannot apply a second template to the parts of a first one, so a sequence has at
// most one.
Result<PostProcessor> PostProcessor::ParseSequence(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode list, node.Get("processors"));
  VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, list.Elements());
  PostProcessor result;
  std::vector<RangeTrim> trims;
  bool has_template = false;
  for (const JsonNode& element : elements) {
    VETOR_ASSIGN_OR_RETURN(const std::string_view type, element.TypeName());
    const bool is_template = type != "ByteLevel";
    if (type == "Sequence" || (is_template && has_template)) {
      return element.Unknown("post-processor inside a Sequence", type);
    }
    VETOR_ASSIGN_OR_RETURN(PostProcessor next, Parse(element));
    trims.insert(trims.end(), next.range_trims_.begin(), next.range_trims_.end());
    if (!is_template) continue;
    result = std::move(next);
    has_template = true;
  }
  result.range_trims_ = std::move(trims);
  return result;
}

Result<PostProcessor> PostProcessor::ParseByteLevel(const JsonNode& node) {
  PostProcessor processor;
  VETOR_RETURN_IF_ERROR(processor.ReadRangeTrim(node));
  return processor;
}

Status PostProcessor::ReadRangeTrim(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const bool trims, node.BoolOr("trim_offsets", true));
  RangeTrim trim;
  VETOR_ASSIGN_OR_RETURN(trim.add_prefix_space, node.BoolOr("add_prefix_space", true));
  if (trims) range_trims_.push_back(trim);
  return Status();
}

size_t PostProcessor::added_tokens(bool is_pair) const {
  size_t count = 0;
  for (const TemplatePart& part : is_pair ? pair_ : single_) count += part.ids.size();
  return count;
}

int64_t PostProcessor::max_id() const {
  int64_t largest = -1;
  for (const Parts* parts : {&single_, &pair_}) {
    for (const TemplatePart& part : *parts) {
      for (const int64_t id : part.ids) largest = std::max(largest, id);
    }
  }
  return largest;
}

}  // namespace vetor
