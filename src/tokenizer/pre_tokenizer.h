// The second stage cuts the normalized text into pieces, which the model looks at one by one.
#pragma once

#include <memory>
#include <vector>

#include "tokenizer/aligned_text.h"
#include "tokenizer/json_node.h"
#include "vetor/status.h"

namespace vetor {

/// A stretch of the text: one that the model reads, or an added token that was recognised already.
struct Piece {
  static constexpr int64_t kNoToken = -1;
  size_t begin = 0;
  size_t end = 0;
  int64_t token = kNoToken;

  bool is_token() const { return token != kNoToken; }
};

/// A text and its pieces. Pieces ascend, do not overlap and are never empty; bytes between them are
/// dropped.
struct PreTokenized {
  AlignedText text;
  std::vector<Piece> pieces;
  std::vector<Piece> next_pieces;  ///< The scratch of the pre-tokenizer that runs.
};

/// Immutable after construction; thread-safe.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Cuts the pieces that are not tokens further; may rewrite their text.
  virtual void Apply(PreTokenized* pre_tokenized) const = 0;
  /// True if the result depends on a piece's place in the original text, so that places must be
  /// tracked.
  virtual bool NeedsOrigins() const { return false; }
  /// True if no piece reaches across a space between two ASCII letters or digits. Then the text
  /// before the space and the text that begins with it give the same pieces if each is given alone.
  virtual bool CutsBeforeWords() const { return false; }
  /// Asks a stage that would end by writing bytes as their ByteLevelForm to leave them as they are;
  /// pieces need not be valid UTF-8 then. Returns false, and changes nothing, if the stage does not
  /// end so. Must be called before the first Apply.
  virtual bool LeaveBytes() { return false; }
};

}  // namespace vetor
