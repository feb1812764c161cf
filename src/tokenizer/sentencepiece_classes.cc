#include "tokenizer/sentencepiece_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/status_macros.h"
#include "formats/model_config.h"
#include "tokenizer/folder/python_ids.h"
#include "tokenizer/folder/special_tokens.h"

namespace vetor {
namespace {

namespace json = boost::json;

constexpr int64_t kMostExtraIds = 10'000;
constexpr const char* kSpace = "\xE2\x96\x81";

// The rules of one class, as in convert_slow_tokenizer.py of transformers 4.57.6.
struct SentencePieceClass {
  enum class Vocabulary {
    kPlain,      // The pieces as they are.
    kFairseq,    // <s> <pad> </s> <unk>, then the pieces from the fourth on, then <mask>.
    kCamembert,  // Four more tokens before the pieces, so that an id is the piece's number + 4.
    kT5,         // The pieces, then <extra_id_99> down to <extra_id_0>.
    kNumbers,    // A piece that ends in a digit and a comma is 100 less likely.
  };
  enum class Normalizer { kStrip, kAlbert, kDeberta, kRembert };
  enum class Template { kRoberta, kBert, kT5, kXlnet };
  std::string_view name;
  std::string_view file;  // The name that transformers gives the model's file.
  Vocabulary vocabulary;
  Normalizer normalizer;
  Template around;
  int64_t unknown_id;  // -1 means the id that the file says.
  bool lowercases;     // The value of do_lower_case if no file says it.
  bool keeps_accents;  // The value of keep_accents if no file says it.
};
using V = SentencePieceClass::Vocabulary;
using N = SentencePieceClass::Normalizer;
using T = SentencePieceClass::Template;

constexpr SentencePieceClass kClasses[] = {
    {"AlbertTokenizer", "spiece.model", V::kNumbers, N::kAlbert, T::kBert, -1, true, false},
    {"BarthezTokenizer", "sentencepiece.bpe.model", V::kPlain, N::kStrip, T::kRoberta, 3, false,
     true},
    {"BigBirdTokenizer", "spiece.model", V::kPlain, N::kStrip, T::kBert, -1, false, true},
    {"CamembertTokenizer", "sentencepiece.bpe.model", V::kCamembert, N::kStrip, T::kRoberta, 3,
     false, true},
    {"DebertaV2Tokenizer", "spm.model", V::kPlain, N::kDeberta, T::kBert, -1, false, true},
    {"FNetTokenizer", "spiece.model", V::kNumbers, N::kAlbert, T::kBert, -1, false, true},
    {"MT5Tokenizer", "spiece.model", V::kT5, N::kStrip, T::kT5, -1, false, true},
    {"RemBertTokenizer", "sentencepiece.model", V::kPlain, N::kRembert, T::kBert, -1, false, true},
    {"T5Tokenizer", "spiece.model", V::kT5, N::kStrip, T::kT5, -1, false, true},
    {"XLMRobertaTokenizer", "sentencepiece.bpe.model", V::kFairseq, N::kStrip, T::kRoberta, 3,
     false, true},
    {"XLNetTokenizer", "spiece.model", V::kNumbers, N::kAlbert, T::kXlnet, -1, false, false},
};

// The class by the content of the file, if no file beside it names a class.
std::string_view ClassByContent(const SentencePieceFile& file) {
  const auto begins = [&](std::initializer_list<std::string_view> pieces) {
    return std::equal(pieces.begin(), pieces.end(), file.pieces.begin(),
                      [](std::string_view text, const SentencePieceFile::Piece& piece) {
                        return piece.text == text;
                      });
  };
  if (begins({"<pad>", "</s>", "<unk>"})) return "T5Tokenizer";
  if (begins({"<pad>", "<unk>", "[CLS]"})) return "AlbertTokenizer";
  if (begins({"[PAD]", "[CLS]", "[SEP]"})) return "DebertaV2Tokenizer";
  return "XLMRobertaTokenizer";
}

const SentencePieceClass* FindClass(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kClasses), std::end(kClasses),
                   [&](const SentencePieceClass& row) { return row.name == name; });
  return found == std::end(kClasses) ? nullptr : found;
}

json::object AddedTokenJson(std::string_view content, bool special) {
  return {{"id", 0},         {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", special}};
}

json::object Replace(const char* kind, const char* pattern, const char* content) {
  return {{"type", "Replace"}, {"pattern", {{kind, pattern}}}, {"content", content}};
}

json::object OfType(const char* type) { return {{"type", type}}; }

class Converter {
 public:
  Converter(const SentencePieceClass& rules, const SentencePieceFile& file,
            const FolderFiles& files)
      : rules_(rules), file_(file), files_(files), config_(files.PathOf("tokenizer_config.json")) {}

  Result<json::value> Convert() const {
    json::object document;
    VETOR_ASSIGN_OR_RETURN(json::array vocab, Vocabulary());
    const int64_t unknown =
        rules_.unknown_id >= 0 ? rules_.unknown_id : static_cast<int64_t>(file_.unknown_id);
    document["model"] = {{"type", "Unigram"},
                         {"unk_id", unknown},
                         {"vocab", std::move(vocab)},
                         {"byte_fallback", false}};
    json::array added;
    for (const SentencePieceFile::Piece& piece : file_.pieces) {
      const bool control = piece.type == SentencePieceFile::kControl;
      if (control || piece.type == SentencePieceFile::kUserDefined) {
        added.push_back(AddedTokenJson(piece.text, control));
      }
    }
    document["added_tokens"] = std::move(added);
    VETOR_ASSIGN_OR_RETURN(document["normalizer"], Normalizer());
    VETOR_ASSIGN_OR_RETURN(const char* const scheme, PrependScheme());
    VETOR_ASSIGN_OR_RETURN(document["pre_tokenizer"], PreTokenizer(scheme));
    document["decoder"] = MetaspaceJson(scheme);
    VETOR_ASSIGN_OR_RETURN(document["post_processor"], Around(document));
    return json::value(std::move(document));
  }

 private:
  Result<bool> Flag(const char* key, bool absent) const {
    return BoolMember(files_.config, key, absent, config_);
  }

  static void Append(std::string_view piece, double score, json::array* vocab) {
    vocab->push_back(json::array{piece, score});
  }

  double ScoreOf(const SentencePieceFile::Piece& piece) const {
    constexpr double kPenalty = 100;
    const std::string_view text = piece.text;
    const bool number = rules_.vocabulary == V::kNumbers && text.size() >= 2 &&
                        text.back() == ',' && text[text.size() - 2] >= '0' &&
                        text[text.size() - 2] <= '9';
    return number ? piece.score - kPenalty : piece.score;
  }

  Result<json::array> Vocabulary() const {
    json::array vocab;
    vocab.reserve(file_.pieces.size() + 8);
    size_t first = 0;
    if (rules_.vocabulary == V::kFairseq) {
      for (const char* token : {"<s>", "<pad>", "</s>", "<unk>"}) Append(token, 0, &vocab);
      first = 3;
    } else if (rules_.vocabulary == V::kCamembert) {
      for (const char* token : {"<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"}) {
        Append(token, 0, &vocab);
      }
      Append("<unk>NOTUSED", -100, &vocab);
      first = 1;
    }
    for (size_t i = first; i < file_.pieces.size(); ++i) {
      Append(file_.pieces[i].text, ScoreOf(file_.pieces[i]), &vocab);
    }
    if (first > 0) Append("<mask>", 0, &vocab);
    if (rules_.vocabulary == V::kT5) {
      VETOR_ASSIGN_OR_RETURN(const int64_t extra,
                             WholeMember(files_.config, "extra_ids", 100, config_));
      for (int64_t i = std::min(extra, kMostExtraIds) - 1; i >= 0; --i) {
        Append(fmt::format("<extra_id_{}>", i), 0, &vocab);
      }
    }
    return vocab;
  }

  void AppendCharsmap(json::array* steps) const {
    if (file_.charsmap.empty()) return;
    steps->push_back(
        {{"type", "Precompiled"}, {"precompiled_charsmap", EncodeBase64(file_.charsmap)}});
  }

  Result<json::value> Normalizer() const {
    VETOR_ASSIGN_OR_RETURN(const bool lowercase, Flag("do_lower_case", rules_.lowercases));
    VETOR_ASSIGN_OR_RETURN(const bool accents, Flag("keep_accents", rules_.keeps_accents));
    json::array steps;
    if (rules_.normalizer == N::kStrip) {
      AppendCharsmap(&steps);
      steps.push_back({{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}});
      steps.push_back(Replace("Regex", " {2,}", kSpace));
    } else if (rules_.normalizer == N::kDeberta) {
      if (lowercase) steps.push_back(OfType("Lowercase"));
      steps.push_back({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}});
      AppendCharsmap(&steps);
      steps.push_back(Replace("Regex", " {2,}", " "));
    } else {
      const bool rembert = rules_.normalizer == N::kRembert;
      steps.push_back(Replace("String", "``", "\""));
      steps.push_back(Replace("String", "''", "\""));
      if (rembert) steps.push_back(Replace("Regex", " {2,}", " "));
      if (!accents) {
        steps.push_back(OfType("NFKD"));
        steps.push_back(OfType("StripAccents"));
      }
      if (lowercase) steps.push_back(OfType("Lowercase"));
      AppendCharsmap(&steps);
      if (!rembert) steps.push_back(Replace("Regex", " {2,}", " "));
    }
    return json::value{{"type", "Sequence"}, {"normalizers", std::move(steps)}};
  }

  Result<const char*> PrependScheme() const {
    if (rules_.around != T::kT5) return "always";
    VETOR_ASSIGN_OR_RETURN(const bool prefix, Flag("add_prefix_space", true));
    VETOR_ASSIGN_OR_RETURN(const bool legacy, Flag("legacy", true));
    return !prefix ? "never" : legacy ? "always" : "first";
  }

  // The pre-tokenizer, and in transformers the decoder as well.
  static json::value MetaspaceJson(const char* scheme) {
    return {{"type", "Metaspace"},
            {"replacement", kSpace},
            {"prepend_scheme", scheme},
            {"split", true}};
  }

  Result<json::value> PreTokenizer(const char* scheme) const {
    json::array steps;
    if (rules_.normalizer == N::kDeberta) {
      VETOR_ASSIGN_OR_RETURN(const bool split, Flag("split_by_punct", false));
      if (split) steps.push_back({{"type", "Punctuation"}, {"behavior", "Isolated"}});
    }
    steps.push_back(MetaspaceJson(scheme));
    return json::value{{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
  }

  // Camembert's Python code gives these ids to five tokens, whatever the files call them.
  static void GiveFirstIds(AddedByFolder* added) {
    const auto named = [&](const char* key) {
      const auto found = added->named.find(key);
      return found == added->named.end() ? std::string_view() : std::string_view(found->second);
    };
    const std::string_view first[] = {"<s>NOTUSED", named("pad"), "</s>NOTUSED", named("unk"),
                                      "<unk>NOTUSED"};
    std::vector<IndexedToken> given;
    for (size_t i = 0; i < std::size(first); ++i) {
      if (!first[i].empty()) given.push_back({static_cast<int64_t>(i), PlainToken(first[i], true)});
    }
    added->indexed.insert(added->indexed.begin(), given.begin(), given.end());
  }

  // T5's Python code gives ids to <extra_id_N> from the last one backwards; they are not in its
  // vocabulary. If a file has a list of them, it counts those that the file itself names.
  Status GiveExtraIds(AddedByFolder* added) const {
    VETOR_ASSIGN_OR_RETURN(int64_t extra, WholeMember(files_.config, "extra_ids", 100, config_));
    extra = std::min(extra, kMostExtraIds);
    int64_t count = extra;
    if (added->has_list) {
      count =
          std::count_if(added->special.begin(), added->special.end(), [](std::string_view content) {
            return content.find("<extra_id_") != std::string_view::npos;
          });
      count -= static_cast<int64_t>(added->made.size());
    }
    const int64_t last = static_cast<int64_t>(file_.pieces.size()) - 1 + extra;
    std::vector<IndexedToken> given;
    for (int64_t i = 0; i < count; ++i) {
      added->made.push_back(fmt::format("<extra_id_{}>", i));
      given.push_back({last - i, PlainToken(added->made.back(), true)});
    }
    added->indexed.insert(added->indexed.begin(), given.begin(), given.end());
    return Status();
  }

  // How many of the document's tokens, from the first on, the Python code has; -1 means all.
  int64_t SizeInPython(const json::object& document) const {
    if (rules_.vocabulary == V::kCamembert) return VocabularyIds(document).size() - 1;
    return rules_.vocabulary == V::kT5 ? static_cast<int64_t>(file_.pieces.size()) : -1;
  }

  // Makes a template from words such as "<s> $A </s>"; ":N" after a word is its type, otherwise 0.
  Result<json::value> Around(const json::object& document) const {
    VETOR_ASSIGN_OR_RETURN(AddedByFolder added, ReadAddedTokens(files_, document, false));
    if (rules_.vocabulary == V::kCamembert) GiveFirstIds(&added);
    if (rules_.vocabulary == V::kT5) VETOR_RETURN_IF_ERROR(GiveExtraIds(&added));
    // DebertaV2's Python code looks pieces up by their content.
    const auto kind =
        rules_.normalizer == N::kDeberta ? PythonIds::Kind::kByContent : PythonIds::Kind::kById;
    const PythonIds python(document, added, kind, SizeInPython(document));
    switch (rules_.around) {
      case T::kRoberta:
        return Template("<s> $A </s>", "<s> $A </s> </s> $B </s>", python);
      case T::kBert:
        return Template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", python);
      case T::kT5:
        return Template("$A </s>", "$A </s> $B </s>", python);
      case T::kXlnet:
        break;
    }
    return Template("$A <sep> <cls>:2", "$A <sep> $B:1 <sep>:1 <cls>:2", python);
  }

  Result<json::value> Template(std::string_view single, std::string_view pair,
                               const PythonIds& python) const {
    json::object ids;
    VETOR_ASSIGN_OR_RETURN(json::array single_parts, Parts(single, python, &ids));
    VETOR_ASSIGN_OR_RETURN(json::array pair_parts, Parts(pair, python, &ids));
    return json::value{{"type", "TemplateProcessing"},
                       {"single", std::move(single_parts)},
                       {"pair", std::move(pair_parts)},
                       {"special_tokens", std::move(ids)}};
  }

  Result<json::array> Parts(std::string_view words, const PythonIds& python,
                            json::object* ids) const {
    json::array parts;
    while (!words.empty()) {
      std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(std::min(words.size(), word.size() + 1));
      int type_id = 0;
      if (word.size() > 2 && word[word.size() - 2] == ':') {
        type_id = word.back() - '0';
        word.remove_suffix(2);
      }
      const bool sequence = word.front() == '$';
      const std::string id(sequence ? word.substr(1) : word);
      json::object part;
      part[sequence ? "Sequence" : "SpecialToken"] = {{"id", id}, {"type_id", type_id}};
      parts.push_back(std::move(part));
      if (sequence || ids->contains(id)) continue;
      int64_t number = python.Find(id);
      // T5 takes unknown text for the unknown piece.
      if (rules_.around == T::kT5 && number < 0) number = static_cast<int64_t>(file_.unknown_id);
      if (number < 0) {
        return InvalidArgumentError(
            fmt::format("expected the piece {}, which a {} puts around every text, found none; "
                        "name the right tokenizer_class in {}",
                        id, rules_.name, config_));
      }
      (*ids)[id] = {{"id", id}, {"ids", json::array{number}}};
    }
    return parts;
  }

  const SentencePieceClass& rules_;
  const SentencePieceFile& file_;
  const FolderFiles& files_;
  std::string config_;
};

}  // namespace

bool IsSentencePieceClass(const FolderFiles& files) {
  return FindClass(files.class_name) != nullptr;
}

std::string_view SentencePieceFileName(const FolderFiles& files) {
  const SentencePieceClass* rules = FindClass(files.class_name);
  return rules == nullptr ? std::string_view() : rules->file;
}

Result<json::value> ConvertSentencePiece(const std::filesystem::path& path,
                                         const SentencePieceFile& file, FolderFiles* files) {
  if (files->class_name.empty() || files->class_name == "PreTrainedTokenizer") {
    files->class_name = ClassByContent(file);
    files->tokenizer_class = FindTokenizerClass(files->class_name);
  }
  const SentencePieceClass* rules = FindClass(files->class_name);
  if (rules == nullptr) {
    return UnreadVocabulary(path, *files, "XLMRobertaTokenizer, T5Tokenizer or one of their kin");
  }
  auto converted = Converter(*rules, file, *files).Convert();
  return converted.ok() ? converted : converted.status().WithContext(path.string());
}

}  // namespace vetor
