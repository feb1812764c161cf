#include "tokenizer/folder/folder_rules.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "tokenizer/folder/document_ids.h"
#include "tokenizer/folder/document_keys.h"
#include "tokenizer/folder/language_template.h"
#include "tokenizer/folder/rebuilt_classes.h"
#include "tokenizer/folder/special_tokens.h"
#include "tokenizer/template_pieces.h"

namespace vetor {
namespace {

namespace json = boost::json;
using N = TokenizerClass::Normalizer;
using P = TokenizerClass::PostProcessor;

constexpr size_t kMostShown = 120;  // A note shows at most this many bytes of a value.

// Returns a component of the document if it is an object of one of `types`.
json::object* Component(json::object* document, const char* key,
                        std::initializer_list<std::string_view> types) {
  json::value* value = document->if_contains(key);
  json::object* component = value == nullptr ? nullptr : value->if_object();
  const json::value* type = component == nullptr ? nullptr : component->if_contains("type");
  if (type == nullptr || !type->is_string()) return nullptr;
  for (const std::string_view wanted : types) {
    if (type->get_string() == wanted) return component;
  }
  return nullptr;
}

class FolderRules {
 public:
  FolderRules(const FolderFiles& files, bool has_json, json::object* document, FolderNotes* notes)
      : files_(files),
        has_json_(has_json),
        document_(*document),
        notes_(*notes),
        config_(files.PathOf(kTokenizerConfig)) {}

  Status Run() {
    const json::object before = {{"normalizer", Part("normalizer")},
                                 {"pre_tokenizer", Part("pre_tokenizer")},
                                 {"post_processor", Part("post_processor")}};
    VETOR_RETURN_IF_ERROR(SetTruncation());
    if (Knows()) {
      VETOR_RETURN_IF_ERROR(SetNormalizer());
      const json::value& earlier = before.at("normalizer");
      if (earlier != Part("normalizer")) document_[kAddedTokensNormalizer] = earlier;
      VETOR_RETURN_IF_ERROR(SetPrefixSpace());
    }
    VETOR_RETURN_IF_ERROR(AddTokens());
    if (Knows()) {
      VETOR_RETURN_IF_ERROR(SetPlaces());
      VETOR_RETURN_IF_ERROR(SetBosEos(before.at("post_processor")));
      VETOR_RETURN_IF_ERROR(SetLanguage(before.at("post_processor")));
    }
    if (has_json_) NoteDifferences(files_, before, document_, &notes_);
    return SetSplit();
  }

 private:
  Status SetSplit() {
    VETOR_ASSIGN_OR_RETURN(const bool split, Flag("split_special_tokens", false));
    if (!split) return Status();
    document_[kSplitSpecialTokens] = true;
    if (has_json_) {
      notes_.decided.push_back(Said("split_special_tokens", true) +
                               ", so that a special token in a text is cut like other words");
    }
    return Status();
  }

  // An unknown class is loaded from its tokenizer.json alone, as transformers 5 does.
  bool Knows() const { return files_.tokenizer_class != nullptr && files_.tokenizer_class->fast; }

  json::value Part(const char* key) const {
    const json::value* part = document_.if_contains(key);
    return part == nullptr ? json::value() : *part;
  }

  // Reads the value of a key, and the name for it in a note.
  Result<bool> Flag(const char* key, bool absent) const {
    return BoolMember(files_.config, key, absent, config_);
  }
  // As Flag, but null is false, as Python's None is.
  Result<bool> FlagOrNull(const char* key, bool absent) const {
    const json::value* own = files_.config.if_contains(key);
    return Flag(key, absent && (own == nullptr || !own->is_null()));
  }
  std::string Said(const char* key, const json::value& value) const {
    const json::value* own = files_.config.if_contains(key);
    if (own != nullptr && !own->is_null()) {
      return fmt::format("{}: {} is {}", config_, key, json::serialize(value));
    }
    return fmt::format("{} is {} for a {} whose {} does not say it", key, json::serialize(value),
                       files_.class_name, kTokenizerConfig);
  }

  // Sets a member of a component of the document, and notes it if that changes the value.
  void Set(json::object* component, const char* member, const json::value& value,
           const std::string& said) {
    json::value* old = component->if_contains(member);
    const bool same = old == nullptr ? value.is_null() : *old == value;
    if (same) return;
    if (has_json_) {
      const std::string whole = old == nullptr ? "nothing" : json::serialize(*old);
      const std::string found = whole.size() <= kMostShown ? whole : Quoted(whole);
      notes_.decided.push_back(fmt::format("{}; tokenizer.json has {} {}", said, member, found));
    }
    (*component)[member] = value;
  }

  Status SetTruncation() {
    VETOR_ASSIGN_OR_RETURN(const std::string side,
                           StringMember(files_.config, "truncation_side", "", config_));
    if (side.empty()) return Status();
    if (side != "left" && side != "right") {
      return WrongInFolder(config_ + ": truncation_side", "\"left\" or \"right\"", Quoted(side));
    }
    json::value& truncation = document_["truncation"];
    if (!truncation.is_object()) truncation = json::object{{"direction", "Right"}};
    const json::value direction = side == "left" ? "Left" : "Right";
    Set(&truncation.get_object(), "direction", direction, Said("truncation_side", side.c_str()));
    return Status();
  }

  Status SetNormalizer() {
    const N rule = files_.tokenizer_class->normalizer;
    json::object* normalizer = Component(&document_, "normalizer", {"BertNormalizer"});
    if (rule == N::kKeep || normalizer == nullptr) return Status();
    VETOR_ASSIGN_OR_RETURN(const bool lowercase, Flag("do_lower_case", true));
    VETOR_ASSIGN_OR_RETURN(const bool strip, Flag("strip_accents", false));
    VETOR_ASSIGN_OR_RETURN(const bool ideographs, Flag("tokenize_chinese_chars", true));
    const json::value* strip_own = files_.config.if_contains("strip_accents");
    const bool says_strip = strip_own != nullptr && !strip_own->is_null();
    const json::value strip_value = says_strip ? json::value(strip) : json::value();
    Set(normalizer, "lowercase", lowercase, Said("do_lower_case", lowercase));
    Set(normalizer, "strip_accents", strip_value, Said("strip_accents", strip_value));
    if (rule == N::kBert) {
      Set(normalizer, "handle_chinese_chars", ideographs,
          Said("tokenize_chinese_chars", ideographs));
    }
    return Status();
  }

  // Two classes set it if it is false anywhere inside the pre-tokenizer.
  void SetPrefixSpaceInside(json::value* part) {
    json::object* object = part->if_object();
    if (object == nullptr) return;
    json::value* prefix = object->if_contains("add_prefix_space");
    if (prefix != nullptr && prefix->is_bool()) {
      Set(object, "add_prefix_space", true, Said("add_prefix_space", true));
    }
    json::value* list = object->if_contains("pretokenizers");
    if (list == nullptr || !list->is_array()) return;
    for (json::value& inner : list->get_array()) SetPrefixSpaceInside(&inner);
  }

  // Every class sets it in a ByteLevel that is the whole pre-tokenizer. Null leaves it alone; Llama
  // and T5 do so, too, if the file does not have the key.
  Status SetPrefixSpace() {
    if (files_.class_name == "BloomTokenizer" || files_.class_name == "CohereTokenizer") {
      VETOR_ASSIGN_OR_RETURN(const bool prefix, Flag("add_prefix_space", false));
      json::value* whole = document_.if_contains("pre_tokenizer");
      if (prefix && whole != nullptr) SetPrefixSpaceInside(whole);
    }
    json::object* byte_level = Component(&document_, "pre_tokenizer", {"ByteLevel"});
    const std::string& name = files_.class_name;
    // BlenderbotSmall reads the key but passes it to nothing.
    const bool is_unread = name == "BlenderbotSmallTokenizer";
    const json::value* own = is_unread ? nullptr : files_.config.if_contains("add_prefix_space");
    const bool by_default_null =
        name == "LlamaTokenizer" || name == "T5Tokenizer" || name == "MT5Tokenizer";
    if (byte_level == nullptr || (own == nullptr && by_default_null)) return Status();
    if (own != nullptr && own->is_null()) return Status();
    VETOR_ASSIGN_OR_RETURN(const bool said, Flag("add_prefix_space", PrefixByDefault()));
    const bool prefix = said && !is_unread;
    // If the value is 0 or 1 and would change it, transformers ignores the key.
    if (own != nullptr && !own->is_bool()) return Status();
    if (byte_level->if_contains("add_prefix_space") == nullptr) {
      (*byte_level)["add_prefix_space"] = true;  // As tokenizers reads the value.
    }
    Set(byte_level, "add_prefix_space", prefix, Said("add_prefix_space", prefix));
    return Status();
  }

  bool PrefixByDefault() const { return files_.class_name == "LayoutLMv3Tokenizer"; }

  Status AddTokens() {
    VETOR_ASSIGN_OR_RETURN(added_, ReadAddedTokens(files_, document_, has_json_));
    if (added_.tokens.empty()) return Status();
    json::array tokens;
    tokens.reserve(added_.tokens.size() * 2);
    for (const FolderToken& token : added_.tokens) {
      tokens.emplace_back(token.content);
      tokens.emplace_back(token.Flags());
    }
    document_[kTokensOfFolder] = std::move(tokens);
    if (has_json_) {
      notes_.decided.insert(notes_.decided.end(), added_.said.begin(), added_.said.end());
    }
    return Status();
  }

  // Changes only places.
  Status SetPlaces() {
    if (files_.tokenizer_class->post_processor != P::kRoberta) return Status();
    json::object* processor =
        Component(&document_, "post_processor", {"RobertaProcessing", "ByteLevel"});
    if (processor == nullptr) return Status();
    VETOR_ASSIGN_OR_RETURN(const bool prefix, Flag("add_prefix_space", PrefixByDefault()));
    VETOR_ASSIGN_OR_RETURN(const bool trim, Flag("trim_offsets", true));
    (*processor)["add_prefix_space"] = prefix;
    (*processor)["trim_offsets"] = trim;
    return Status();
  }

  Result<std::string> NamedToken(const char* key) const {
    const auto found = added_.named.find(key);
    if (found != added_.named.end()) return found->second;
    return InvalidArgumentError(fmt::format(
        "{}: add_{}_token is true, or absent where the class {} takes it as true, but there is no "
        "{}_token; name one, or set it to false",
        config_, key, files_.class_name, key));
  }

  // Sets the template <s> A </s> by add_bos_token and add_eos_token, whatever the file declares.
  Status SetBosEos(const json::value& before) {
    const P rule = files_.tokenizer_class->post_processor;
    if (rule != P::kBosEos && rule != P::kNoBosEos) return Status();
    VETOR_ASSIGN_OR_RETURN(const bool bos, FlagOrNull("add_bos_token", rule == P::kBosEos));
    VETOR_ASSIGN_OR_RETURN(const bool eos, FlagOrNull("add_eos_token", false));
    json::object ids;
    json::array single;
    json::array second;
    const auto add = [&](const std::string& token) {
      ids[token] = {{"id", token}, {"ids", json::array{IdInDocument(document_, token)}}};
      single.push_back(SpecialPiece(token, 0));
      second.push_back(SpecialPiece(token, 1));
    };
    if (bos) {
      VETOR_ASSIGN_OR_RETURN(const std::string token, NamedToken("bos"));
      add(token);
    }
    single.push_back(SequencePiece("A", 0));
    second.push_back(SequencePiece("B", 1));
    if (eos) {
      VETOR_ASSIGN_OR_RETURN(const std::string token, NamedToken("eos"));
      add(token);
    }
    json::array pair = single;
    for (json::value& part : second) pair.push_back(std::move(part));
    if (has_json_) NoteBosEos(files_, before, single, &notes_);
    document_["post_processor"] = {{"type", "TemplateProcessing"},
                                   {"single", std::move(single)},
                                   {"pair", std::move(pair)},
                                   {"special_tokens", std::move(ids)}};
    return Status();
  }

  Status SetLanguage(const json::value& before) {
    if (files_.tokenizer_class->post_processor != P::kLanguage) return Status();
    VETOR_ASSIGN_OR_RETURN(json::object processor, LanguageTemplate(files_, added_, document_));
    if (has_json_) NoteLanguage(files_, before, processor.at("single").get_array(), &notes_);
    document_["post_processor"] = std::move(processor);
    return Status();
  }

  const FolderFiles& files_;
  const bool has_json_;  // True if the document was read from a tokenizer.json.
  json::object& document_;
  FolderNotes& notes_;
  std::string config_;
  AddedByFolder added_;
};

}  // namespace

Status ApplyFolderRules(const FolderFiles& files, bool has_json, json::value* document,
                        FolderNotes* notes) {
  json::object* root = document->if_object();
  const bool nothing = files.class_name.empty() && files.digest == 0;
  if (root == nullptr || nothing) return Status();
  return FolderRules(files, has_json, root, notes).Run();
}

}  // namespace vetor
