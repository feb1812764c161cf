// The files beside a tokenizer that transformers lets decide, too: tokenizer_config.json,
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

struct FolderFiles {
  boost::json::object config;          ///< tokenizer_config.json; empty: there is none.
  boost::json::object special_tokens;  ///< special_tokens_map.json
  boost::json::object added_tokens;    ///< added_tokens.json
  std::string folder;                  ///< For messages.
  /// As tokenizer_config.json names it, else config.json's tokenizer_class, else the class of its
  /// model_type; without "Fast". Empty: none of them says it.
  std::string class_name;
  std::string class_source;  ///< File and key that class_name is from, for messages.
  const TokenizerClass* tokenizer_class = nullptr;  ///< Null: transformers 4.57.6 does not have it.
  /// XXH3-64 over the content of all four; 0 if there is none.
  uint64_t digest = 0;

  std::string PathOf(const char* name) const;  ///< For messages.
  /// The last of additional_special_tokens in special_tokens_map.json; else Python's "None". Under
  /// this content, which it read last, the reference notes the last token of added_tokens.json.
  std::string_view LastAdditionalOfMap() const;
  /// Lets the parsed files go, which may be large; the rest stays.
  void Release();
};

/// UNIMPLEMENTED: `vocabulary` belongs to a class that vetor does not convert; with the remedy,
/// which depends on whether transformers can make a tokenizer.json of it.
Status UnreadVocabulary(const std::filesystem::path& vocabulary, const FolderFiles& files,
                        std::string_view expected);

/// The files beside `tokenizer`. None for a JSON file with another name than tokenizer.json or
/// vocab.json, which transformers would not find either. Errors: those of the files, and
/// INVALID_ARGUMENT for a file that is not a JSON object; UNIMPLEMENTED for a class whose text
/// splitter vetor does not have.
Result<FolderFiles> ReadFolderFiles(const std::filesystem::path& tokenizer);

}  // namespace vetor
