// Reads the files beside a tokenizer that transformers follows, too: tokenizer_config.json,
// added_tokens.json, special_tokens_map.json and config.json.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "tokenizer/folder/class_table.h"
#include "vetor/status.h"

namespace vetor {

/// The file that says how transformers opens a folder's tokenizer.
inline constexpr const char* kTokenizerConfig = "tokenizer_config.json";

struct FolderFiles {
  boost::json::object config;          ///< tokenizer_config.json; empty if it does not exist.
  boost::json::object special_tokens;  ///< special_tokens_map.json
  boost::json::object added_tokens;    ///< added_tokens.json
  std::string folder;                  ///< The folder's name, for messages.
  /// The class's name without "Fast": as tokenizer_config.json gives it, else config.json's
  /// tokenizer_class, else the class of its model_type. Empty if none of them says it.
  std::string class_name;
  std::string class_source;  ///< The file and key that class_name comes from, for messages.
  /// Null if transformers 4.57.6 does not have the class.
  const TokenizerClass* tokenizer_class = nullptr;
  /// XXH3-64 over the content of all four files; 0 if there is none.
  uint64_t digest = 0;

  std::string PathOf(const char* name) const;  ///< The path of a file of the folder, for messages.
  /// The last of additional_special_tokens in special_tokens_map.json, or else Python's "None". The
  /// reference read this content last, and it notes the last token of added_tokens.json under it.
  std::string_view LastAdditionalOfMap() const;
  /// Releases the parsed files, which may be large; the other members stay.
  void Release();
};

/// The UNIMPLEMENTED error for a `vocabulary` of a class that vetor does not convert. Its remedy
/// depends on whether transformers can make a tokenizer.json of the file.
Status UnreadVocabulary(const std::filesystem::path& vocabulary, const FolderFiles& files,
                        std::string_view expected);

/// Reads the files beside `tokenizer`. Reads none for a JSON file with another name than
/// tokenizer.json or vocab.json, which transformers would not find either. Errors: those of the
/// files, and INVALID_ARGUMENT for a file that is not a JSON object; UNIMPLEMENTED for a class
/// whose text splitter vetor does not have.
Result<FolderFiles> ReadFolderFiles(const std::filesystem::path& tokenizer);

}  // namespace vetor
