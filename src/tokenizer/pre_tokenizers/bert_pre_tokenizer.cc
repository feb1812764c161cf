#include "tokenizer/pre_tokenizers/bert_pre_tokenizer.h"

#include "tokenizer/pre_tokenizers/splitting.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {

void BertPreTokenizer::Apply(PreTokenized* pre_tokenized) const {
  RefinePieces(pre_tokenized,
               [](std::string_view text, const Piece& piece, std::vector<Piece>* out) {
                 size_t open = 0;
                 for (size_t at = 0; at < text.size();) {
                   const size_t begin = at;
                   const uint32_t properties = unicode::PropertiesOf(DecodeUtf8(text, &at));
                   if ((properties & (unicode::kIsWhitespace | unicode::kIsPunctuation)) == 0) {
                     continue;
                   }
                   if (open < begin) out->push_back({piece.begin + open, piece.begin + begin});
                   if (properties & unicode::kIsPunctuation) {
                     out->push_back({piece.begin + begin, piece.begin + at});
                   }
                   open = at;
                 }
                 if (open < text.size()) out->push_back({piece.begin + open, piece.end});
               });
}

}  // namespace vetor
