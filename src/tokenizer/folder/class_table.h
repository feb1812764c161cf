// The changes that the tokenizer classes of transformers 4.57.6 make to a tokenizer.json, and
// which class a model type has. The rows are made by a script (class_table_data.cc).
#pragma once

#include <array>
#include <string_view>

namespace vetor {

struct TokenizerClass {
  enum class Normalizer {
    kKeep,  ///< The normalizer stays as the file says.
    kBert,  ///< Sets do_lower_case, strip_accents and tokenize_chinese_chars in a BertNormalizer.
    kBertCase,  ///< Sets only do_lower_case and strip_accents.
  };
  enum class PostProcessor {
    kKeep,     ///< The post-processor stays as the file says.
    kRoberta,  ///< Sets add_prefix_space and trim_offsets, which change only places.
    /// Builds it anew from add_bos_token (true if absent) and add_eos_token (false if absent).
    kBosEos,
    kNoBosEos,  ///< As kBosEos, but both are false if they are absent.
    kLanguage,  ///< Builds it anew from src_lang (language_template.h).
  };
  std::string_view name;  ///< Without "Fast" at its end.
  Normalizer normalizer;
  PostProcessor post_processor;
  /// False if transformers 4 has only Python code for it, which reads no tokenizer.json.
  bool fast;
  /// Whether the pad_token of "padding" in tokenizer.json becomes a special token if no file names
  /// one.
  bool takes_padding;
  /// The special tokens that the class adds if no file names others. They are written as
  /// KEY:FLAGS:CONTENT, separated by spaces, in the order in which they are added. Without flags it
  /// is a bare string, which is added only if its content is new. Otherwise the flags are A and
  /// some of L (lstrip), R (rstrip), N (normalized) and S (special); a string from a file gets the
  /// same flags. KEY is "bos" and so on. For additional_special_tokens it is "more" (added if no
  /// file has this key), "some" (added if no file has a list under it), or "before" and "also"
  /// (always added, before or after those of the files).
  std::string_view tokens;
  /// The special tokens that the class's Python code names, which is used if there is no
  /// tokenizer.json. Here N also applies to a string from a file.
  std::string_view python_tokens;
};

/// One entry of TokenizerClass::tokens.
struct ClassToken {
  std::string_view key;
  std::string_view flags;
  std::string_view content;
};

/// Takes the next entry from `rest`; returns false at the end.
bool NextClassToken(std::string_view* rest, ClassToken* token);

/// The key of tokenizer_config.json under which a folder of this class may name another token in
/// place of `usual`, which is one of TokenizerClass::tokens. Empty if there is no such key.
std::string_view OwnKey(std::string_view class_name, std::string_view usual);

struct ModelTypeClass {
  std::string_view model_type;  ///< As config.json writes it.
  std::string_view tokenizer_class;
};

inline constexpr size_t kTokenizerClasses = 104;
inline constexpr size_t kModelTypes = 262;
extern const std::array<TokenizerClass, kTokenizerClasses> kTokenizerClassTable;
extern const std::array<ModelTypeClass, kModelTypes> kModelTypeTable;

/// Finds a class by its name without "Fast"; null for a class that transformers 4.57.6 does not
/// have.
const TokenizerClass* FindTokenizerClass(std::string_view name);

/// The class of a model type; empty for a type that transformers 4.57.6 does not have.
std::string_view ClassOfModelType(std::string_view model_type);

}  // namespace vetor
