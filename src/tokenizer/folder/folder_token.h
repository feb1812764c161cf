// A token as the files beside a tokenizer write it: a string, or an object as transformers writes
// AddedToken.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// A view: `content` belongs to the file that it was read from, or to the table of classes.
struct FolderToken {
  std::string_view content;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
  bool normalized = false;
  bool special = false;
  /// True if the file does not say "normalized": it is then the opposite of `special`, also after
  /// MakeSpecial.
  bool normalized_follows = false;

  void MakeSpecial() {
    special = true;
    if (normalized_follows) normalized = false;
  }

  int64_t Flags() const;  ///< One bit for each flag, in their order.
  static FolderToken FromFlags(std::string_view content, int64_t flags);
  bool operator==(const FolderToken& other) const {
    return content == other.content && Flags() == other.Flags();
  }
};

/// A token of `content` alone. If it is not special, it is looked for in the normalized text.
FolderToken PlainToken(std::string_view content, bool special);

/// No token of a model is longer. Without a bound, one token of 16 MB takes 600 MB to look for.
inline constexpr size_t kMostTokenBytes = 64 << 10;

/// INVALID_ARGUMENT for a content that is longer.
Status CheckLength(std::string_view content, const std::string& where);

/// Reads a string or {"content": ..., "lstrip": ...}. An absent flag has AddedToken's default; an
/// absent "special" is `special`. `where` is file and key. Errors: INVALID_ARGUMENT.
Result<FolderToken> ReadToken(const boost::json::value& value, bool special,
                              const std::string& where);

struct IndexedToken {
  int64_t index = 0;
  FolderToken token;
};

/// Reads added_tokens_decoder: tokens with their ids, in the order of the file. Errors:
/// INVALID_ARGUMENT.
Result<std::vector<IndexedToken>> ReadDecoder(const boost::json::value& value,
                                              const std::string& where);

/// Sorts by index. Of two tokens with one index, the later one stays.
void SortByIndex(std::vector<IndexedToken>* tokens);

/// The string that "padding" of a tokenizer.json names; null if it names none.
const boost::json::value* PaddingToken(const boost::json::object& document);

/// The error "FILE: KEY: expected EXPECTED, found FOUND" with a remedy; INVALID_ARGUMENT.
Status WrongInFolder(const std::string& where, std::string_view expected, std::string_view found);

}  // namespace vetor
