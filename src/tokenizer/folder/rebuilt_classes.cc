#include "tokenizer/folder/rebuilt_classes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/terminal_text.h"

namespace vetor {
namespace {

namespace json = boost::json;

// The components that transformers 5.24 builds for a class (models/*/tokenization_*.py there): the
// types of the components in order, with '?' before one that may be absent.
struct RebuiltClass {
  std::string_view name;
  std::string_view normalizer;
  std::string_view pre_tokenizer;
};

constexpr RebuiltClass kRebuilt[] = {
    {"AlbertTokenizer", "Replace Replace ?NFKD ?StripAccents ?Lowercase ?Precompiled",
     "WhitespaceSplit Metaspace"},
    {"BarthezTokenizer", "Replace NFC Strip", "Metaspace"},
    {"BertTokenizer", "BertNormalizer", "BertPreTokenizer"},
    {"BigBirdTokenizer", "Strip Replace", "Metaspace"},
    {"CamembertTokenizer", "?Precompiled", "WhitespaceSplit Metaspace"},
    {"DebertaV2Tokenizer", "?Lowercase Replace NFC Strip", "?Punctuation Metaspace"},
    {"DistilBertTokenizer", "BertNormalizer", "BertPreTokenizer"},
    {"ElectraTokenizer", "BertNormalizer", "BertPreTokenizer"},
    {"GPT2Tokenizer", "", "ByteLevel"},
    {"GemmaTokenizer", "Replace", "Split"},
    {"LlamaTokenizer", "", "Metaspace"},
    {"MPNetTokenizer", "BertNormalizer", "BertPreTokenizer"},
    {"MT5Tokenizer", "?Precompiled", "WhitespaceSplit Metaspace"},
    {"Qwen2Tokenizer", "NFC", "Split ByteLevel"},
    {"RobertaTokenizer", "", "ByteLevel"},
    {"T5Tokenizer", "?Precompiled", "WhitespaceSplit Metaspace"},
    {"XLMRobertaTokenizer", "?Precompiled", "WhitespaceSplit Metaspace"},
    {"XLNetTokenizer", "Replace Replace NFKD StripAccents ?Lowercase ?Precompiled",
     "WhitespaceSplit Metaspace"},
};

// Appends the types of a component; for a Sequence, those of its parts.
void AppendTypes(const json::value& component, std::vector<std::string>* types) {
  const json::object* object = component.if_object();
  const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
  if (type == nullptr || !type->is_string()) return;
  if (type->get_string() != "Sequence") {
    types->emplace_back(type->get_string());
    return;
  }
  for (const char* key : {"normalizers", "pretokenizers"}) {
    const json::value* list = object->if_contains(key);
    if (list == nullptr || !list->is_array()) continue;
    for (const json::value& part : list->get_array()) AppendTypes(part, types);
  }
}

std::vector<std::string> TypesOf(const json::object& document, const char* key) {
  std::vector<std::string> types;
  const json::value* component = document.if_contains(key);
  if (component != nullptr) AppendTypes(*component, &types);
  return types;
}

bool Matches(std::string_view pattern, const std::vector<std::string>& types) {
  size_t matched = 0;
  while (!pattern.empty()) {
    std::string_view name = pattern.substr(0, pattern.find(' '));
    pattern.remove_prefix(std::min(pattern.size(), name.size() + 1));
    const bool optional = name.starts_with('?');
    if (optional) name.remove_prefix(1);
    if (matched < types.size() && types[matched] == name) {
      ++matched;
    } else if (!optional) {
      return false;
    }
  }
  return matched == types.size();
}

std::string Listed(const std::vector<std::string>& types) {
  return types.empty() ? "none" : fmt::format("{}", fmt::join(types, ", "));
}

void NoteRebuilt(const FolderFiles& files, const json::object& before, FolderNotes* notes) {
  const auto* const row = std::find_if(
      std::begin(kRebuilt), std::end(kRebuilt),
      [&](const RebuiltClass& candidate) { return candidate.name == files.class_name; });
  if (row == std::end(kRebuilt)) return;
  const std::vector<std::string> normalizer = TypesOf(before, "normalizer");
  const std::vector<std::string> pre_tokenizer = TypesOf(before, "pre_tokenizer");
  if (Matches(row->normalizer, normalizer) && Matches(row->pre_tokenizer, pre_tokenizer)) return;
  // A file that holds these is loaded as it is.
  const bool byte_level =
      std::find(pre_tokenizer.begin(), pre_tokenizer.end(), "ByteLevel") != pre_tokenizer.end();
  if (row->name == "LlamaTokenizer" && byte_level) return;
  notes->possible_differences.push_back(fmt::format(
      "{}: for a {}, transformers 5 does not read the normalizer ({}) and the pre-tokenizer ({}) "
      "of "
      "this file but builds its own, which may give other ids; vetor follows the file, as "
      "transformers 4 does",
      files.PathOf("tokenizer.json"), files.class_name, Listed(normalizer), Listed(pre_tokenizer)));
}

void NoteCleaning(const FolderFiles& files, const json::object& before, FolderNotes* notes) {
  const bool bert = files.tokenizer_class != nullptr &&
                    files.tokenizer_class->normalizer != TokenizerClass::Normalizer::kKeep;
  json::error_code absent;
  const json::value* clean = before.at("normalizer").find_pointer("/clean_text", absent);
  if (!bert || clean == nullptr || !clean->is_bool() || clean->get_bool()) return;
  notes->differences.push_back(
      fmt::format("{}: clean_text is false, which transformers 5 does not read for a {} but takes "
                  "as true; vetor follows the file, as transformers 4 does",
                  files.PathOf("tokenizer.json"), files.class_name));
}

bool HasValue(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && !value->is_null();
}

// Pegasus counts its pieces from after the special tokens if these have other names.
std::string_view KeyThatRebuildsPegasus(const FolderFiles& files) {
  if (files.class_name != "PegasusTokenizer") return "";
  json::error_code absent;
  for (const auto& [key, usual] : {std::pair("pad_token", "<pad>"), std::pair("eos_token", "</s>"),
                                   std::pair("unk_token", "<unk>")}) {
    const json::value* value = files.config.if_contains(key);
    if (value == nullptr) continue;
    const json::value* content = value->find_pointer("/content", absent);
    if (content == nullptr) content = value;
    if (content->is_string() && content->get_string() != usual) return key;
  }
  return "";
}

// Writes the template of one text as words: "<s> A </s>".
std::string Shape(const json::array& single) {
  std::string shape;
  json::error_code absent;
  for (const json::value& part : single) {
    const json::value* id = part.find_pointer("/SpecialToken/id", absent);
    if (id == nullptr) id = part.find_pointer("/Sequence/id", absent);
    if (id == nullptr || !id->is_string()) continue;
    const std::string_view name = id->get_string();
    shape += (shape.empty() ? "" : " ") + (name.size() <= 40 ? std::string(name) : Quoted(name));
  }
  return shape;
}

std::string DeclaredShape(const json::value& processor) {
  json::error_code absent;
  const json::value* single = processor.find_pointer("/single", absent);
  if (single != nullptr && single->is_array()) return Shape(single->get_array());
  const json::value* list = processor.find_pointer("/processors", absent);
  for (const json::value& part :
       list != nullptr && list->is_array() ? list->get_array() : json::array()) {
    if (std::string shape = DeclaredShape(part); shape != "A") return shape;
  }
  const json::value* cls = processor.find_pointer("/cls/0", absent);
  const json::value* sep = processor.find_pointer("/sep/0", absent);
  if (cls == nullptr || sep == nullptr || !cls->is_string() || !sep->is_string()) return "A";
  const auto part = [](const json::value* token) {
    return json::value{{"SpecialToken", {{"id", *token}}}};
  };
  return Shape({part(cls), {{"Sequence", {{"id", "A"}}}}, part(sep)});
}

}  // namespace

void NoteDifferences(const FolderFiles& files, const json::object& before,
                     const json::object& after, FolderNotes* notes) {
  if (files.class_name.empty()) return;
  const std::string json_path = files.PathOf("tokenizer.json");
  if (files.tokenizer_class == nullptr) {
    notes->decided.push_back(
        fmt::format("{} alone, as transformers 5 reads it: transformers 4.57 has no class {}",
                    json_path, Quoted(files.class_name)));
    return;
  }
  if (!files.tokenizer_class->fast) {
    notes->differences.push_back(fmt::format(
        "{}: for a {}, transformers 4 runs Python code that does not read this file and may give "
        "other ids; vetor follows the file",
        json_path, files.class_name));
    return;
  }
  NoteRebuilt(files, before, notes);
  NoteCleaning(files, before, notes);
  const json::value* pre_tokenizer = after.if_contains("pre_tokenizer");
  const bool changed = pre_tokenizer != nullptr && *pre_tokenizer != before.at("pre_tokenizer");
  if (files.class_name == "PreTrainedTokenizer" && changed) {
    notes->differences.push_back(
        fmt::format("{}: transformers 4 and vetor set add_prefix_space of its pre_tokenizer as {} "
                    "says (absent: "
                    "false), transformers 5 leaves it as it is",
                    json_path, files.PathOf("tokenizer_config.json")));
  }
  const bool from_model = files.class_name == "LlamaTokenizer" ||
                          files.class_name == "T5Tokenizer" || files.class_name == "MT5Tokenizer";
  std::string_view key = from_model && HasValue(files.config, "add_prefix_space")
                             ? std::string_view("add_prefix_space")
                             : KeyThatRebuildsPegasus(files);
  if (!key.empty()) {
    notes->differences.push_back(
        fmt::format("{}: {} makes transformers 4 build a {} anew from its SentencePiece model; "
                    "vetor follows tokenizer.json",
                    files.PathOf("tokenizer_config.json"), key, files.class_name));
  }
}

void NoteBosEos(const FolderFiles& files, const json::value& declared, const json::array& single,
                FolderNotes* notes) {
  const std::string asked = Shape(single);
  const std::string kept = DeclaredShape(declared);
  if (asked == kept) return;
  notes->differences.push_back(
      fmt::format("{}: by add_bos_token and add_eos_token, or by what the class does if they are "
                  "absent, a text A "
                  "becomes \"{}\" for a {}, where the post_processor of tokenizer.json makes "
                  "\"{}\"; vetor and transformers 4 "
                  "follow the former, transformers 5 the latter",
                  files.PathOf("tokenizer_config.json"), asked, files.class_name, kept));
}

void NoteLanguage(const FolderFiles& files, const json::value& declared, const json::array& single,
                  FolderNotes* notes) {
  const std::string asked = Shape(single);
  const std::string kept = DeclaredShape(declared);
  if (asked == kept) return;
  notes->decided.push_back(
      fmt::format("{}: by src_lang, or by what the class does if it is absent, a text A becomes "
                  "\"{}\" for a {}; the post_processor of tokenizer.json makes \"{}\"",
                  files.PathOf("tokenizer_config.json"), asked, files.class_name, kept));
}

}  // namespace vetor
