// The changes that the tokenizer classes of transformers 4.57.6 make to a tokenizer.json, and
// which class a model type has. The rows are made by a script (class_table_data.cc).
#pragma once

#include <array>
#include <string_view>

namespace vetor {

struct TokenizerClass {
  enum class Normalizer {
    kKeep,  ///< As the file says.
    kBert,  ///< do_lower_case, strip_accents and tokenize_chinese_chars go into a BertNormalizer.
    kBertCase,  ///< The first two do.
  };
  enum class PostProcessor {
    kKeep,      ///< As the file says.
    kRoberta,   ///< add_prefix_space and trim_offsets, which shape places alone.
    kBosEos,    ///< Built anew from add_bos_token (absent: true) and add_eos_token (absent: false).
    kNoBosEos,  ///< The same, with both false if they are absent.
    kLanguage,  ///< Built anew from src_lang (language_template.h).
  };
  std::string_view name;  ///< Without "Fast" at its end.
  Normalizer normalizer;
  PostProcessor post_processor;
  bool
      fast;  ///< False: transformers 4 has Python code alone for it, which reads no tokenizer.json.
  /// The pad_token of "padding" in tokenizer.json becomes a special token if no file names one.
  bool takes_padding;
  /// The special tokens that the class adds if no file names others: KEY:FLAGS:CONTENT, separated
  /// by spaces, in the order in which they are added. Flags: empty for a bare string, which is
  /// added if its content is new; else A, and L (lstrip), R (rstrip), N (normalized), S (special),
  /// which a string from a file gets as well. KEY is "bos" and so on, or of those in
  /// additional_special_tokens: "more" if no file has this key, "some" if none has a list under it,
  /// "before" and "also" always, before or after those of the files.
  std::string_view tokens;
  /// Without a tokenizer.json, the class's Python code names these instead. Here N also counts for
  /// a string from a file.
  std::string_view python_tokens;
};

/// One of TokenizerClass::tokens.
struct ClassToken {
  std::string_view key;
  std::string_view flags;
  std::string_view content;
};

/// Takes the next one from `rest`; false at the end.
bool NextClassToken(std::string_view* rest, ClassToken* token);

/// The key of tokenizer_config.json under which a folder of this class names another token in place
/// of `usual`, one of TokenizerClass::tokens; empty: there is none.
std::string_view OwnKey(std::string_view class_name, std::string_view usual);

struct ModelTypeClass {
  std::string_view model_type;  ///< As in config.json.
  std::string_view tokenizer_class;
};

inline constexpr size_t kTokenizerClasses = 104;
inline constexpr size_t kModelTypes = 262;
extern const std::array<TokenizerClass, kTokenizerClasses> kTokenizerClassTable;
extern const std::array<ModelTypeClass, kModelTypes> kModelTypeTable;

/// By name without "Fast"; null for a class that transformers 4.57.6 does not have.
const TokenizerClass* FindTokenizerClass(std::string_view name);

/// The class of a model type; empty for one that transformers 4.57.6 does not have.
std::string_view ClassOfModelType(std::string_view model_type);

}  // namespace vetor
