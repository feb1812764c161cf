// Which tokens the files beside a tokenizer add to it, and which of them are special, as
// transformers 4.57.6 reads added_tokens_decoder, added_tokens.json, special_tokens_map.json, the
// named tokens and extra_special_tokens (tokenization_utils_base.py, _from_pretrained;
// tokenization_utils_fast.py, __init__).
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

/// Views into the files, the document and `made`.
struct AddedByFolder {
  /// In the order in which they are added; what the tokenizer has in the same form is not among
  /// them.
  std::vector<FolderToken> tokens;
  /// What adds or changes which of them, as sentences that name the file, or the class.
  std::vector<std::string> said;
  /// Content by key: "bos", "eos", "unk", "sep", "pad", "cls", "mask". A key may be absent.
  std::map<std::string, std::string, std::less<>> named;
  /// Without a tokenizer.json: what the files give an id, one token per id; and all special tokens,
  /// in the order in which they are added.
  std::vector<IndexedToken> indexed;
  std::vector<std::string_view> special;
  bool has_list = false;  ///< A file has a list of additional_special_tokens, maybe empty.
  /// Contents that stand in no file: <extra_id_0>.
  std::deque<std::string> made;
};

/// `document` is a tokenizer.json, or what another vocabulary file stands for; `has_json`: it was
/// read from one. Errors: INVALID_ARGUMENT names file and key.
Result<AddedByFolder> ReadAddedTokens(const FolderFiles& files, const boost::json::object& document,
                                      bool has_json);

}  // namespace vetor
