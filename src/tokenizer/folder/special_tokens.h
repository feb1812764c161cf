// Finds which tokens the files beside a tokenizer add to it, and which of them are special. It
// follows how transformers 4.57.6 reads added_tokens_decoder, added_tokens.json,
// special_tokens_map.json, the named tokens and extra_special_tokens (tokenization_utils_base.py,
// _from_pretrained; tokenization_utils_fast.py, __init__).
#pragma once

#include <boost/json.hpp>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/folder/folder_files.h"
#include "tokenizer/folder/folder_token.h"
#include "vetor/status.h"

namespace vetor {

/// Holds views into the files, the document and `made`.
struct AddedByFolder {
  /// In the order in which they are added. A token that the tokenizer has in the same form is left
  /// out.
  std::vector<FolderToken> tokens;
  /// Sentences that name the files or the class that add or change tokens.
  std::vector<std::string> said;
  /// The content for each of "bos", "eos", "unk", "sep", "pad", "cls" and "mask". A key may be
  /// absent.
  std::map<std::string, std::string, std::less<>> named;
  /// For a folder without a tokenizer.json: `indexed` holds the tokens to which the files give an
  /// id, one per id; `special` holds all special tokens in the order in which they are added.
  std::vector<IndexedToken> indexed;
  std::vector<std::string_view> special;
  /// True if a file has a list of additional_special_tokens, even an empty one.
  bool has_list = false;
  /// Contents that no file holds, such as <extra_id_0>.
  std::deque<std::string> made;
};

/// `document` is a tokenizer.json, or stands for another vocabulary file; `has_json` says which.
/// Errors: INVALID_ARGUMENT names file and key.
Result<AddedByFolder> ReadAddedTokens(const FolderFiles& files, const boost::json::object& document,
                                      bool has_json);

}  // namespace vetor
