#include "tokenizer/normalizers/bert_normalizer.h"

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/normalizers/simple_normalizers.h"
#include "tokenizer/normalizers/unicode_normalizers.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {
namespace {

void Clean(AlignedText* text) {
  RewriteEachCodePoint(text, [](char32_t c, const CodePointPlace& place) {
    if (unicode::Has(c, unicode::kIsRemovedByCleaning)) return;
    if (unicode::Has(c, unicode::kIsWhitespace)) {
      place.Replace(" ");
    } else {
      place.Keep();
    }
  });
}

void SpaceIdeographs(AlignedText* text) {
  RewriteEachCodePoint(text, [](char32_t c, const CodePointPlace& place) {
    if (!unicode::Has(c, unicode::kIsSpacedIdeograph)) {
      place.Keep();
      return;
    }
    place.Replace(" ");
    place.Keep();
    place.Replace(" ");
  });
}

void DropNonspacingMarks(AlignedText* text) {
  RewriteEachCodePoint(text, [](char32_t c, const CodePointPlace& place) {
    if (!unicode::Has(c, unicode::kIsNonspacingMark)) place.Keep();
  });
}

}  // namespace

Result<std::unique_ptr<BertNormalizer>> BertNormalizer::Parse(const JsonNode& node) {
  BertNormalizerOptions options;
  VETOR_ASSIGN_OR_RETURN(options.clean_text, node.BoolAt("clean_text"));
  VETOR_ASSIGN_OR_RETURN(options.handle_chinese_chars, node.BoolAt("handle_chinese_chars"));
  VETOR_ASSIGN_OR_RETURN(options.lowercase, node.BoolAt("lowercase"));
  VETOR_ASSIGN_OR_RETURN(options.strip_accents, node.BoolOr("strip_accents", options.lowercase));
  return std::make_unique<BertNormalizer>(options);
}

void BertNormalizer::Apply(AlignedText* text) const {
  if (options_.clean_text) Clean(text);
  if (options_.handle_chinese_chars) SpaceIdeographs(text);
  if (options_.strip_accents) {
    NormalizeText(unicode::NormalizationForm::kNfd, text);
    DropNonspacingMarks(text);
  }
  if (options_.lowercase) LowercaseText(text);
}

}  // namespace vetor
