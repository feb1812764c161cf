// Metaspace writes a space as a visible character (U+2581), which begins every word.
#pragma once

#include <memory>
#include <string>

#include "tokenizer/pre_tokenizer.h"

namespace vetor {

class Metaspace : public PreTokenizer {
 public:
  enum class PrependScheme {
    kAlways,  ///< Puts the character before every piece that does not begin with it.
    kFirst,   ///< Puts it only before the piece at the very beginning of the text.
    kNever,
  };

  /// Also reads the older keys add_prefix_space and str_rep.
  static Result<std::unique_ptr<Metaspace>> Parse(const JsonNode& node);

  Metaspace(std::string replacement, PrependScheme prepend, bool split)
      : replacement_(std::move(replacement)), prepend_(prepend), split_(split) {}

  void Apply(PreTokenized* pre_tokenized) const override;
  bool CutsBeforeWords() const override { return split_; }
  const std::string& replacement() const { return replacement_; }
  PrependScheme prepend() const { return prepend_; }
  bool NeedsOrigins() const override { return prepend_ == PrependScheme::kFirst; }

 private:
  void RewritePiece(const Piece& piece, PreTokenized* pre_tokenized, TextRewriter* rewriter) const;

  std::string replacement_;
  PrependScheme prepend_;
  bool split_;
};

}  // namespace vetor
