#include "tokenizer/folder/special_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "tokenizer/folder/document_ids.h"
#include "tokenizer/folder/token_sources.h"

namespace vetor {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> kKeys = {"bos", "eos", "unk", "sep",
                                                   "pad", "cls", "mask"};
constexpr const char* kAdditional = "additional_special_tokens";
constexpr const char* kExtra = "extra_special_tokens";
constexpr int64_t kMostMade = 10'000;  // How many tokens such as <extra_id_0> are made at most.

struct SpecialToken {
  FolderToken token;
  bool bare = false;    // The file names it by a string, so it is added only if its content is new.
  size_t source = 0;    // An index into TokenSources, which says what names the token, for a note.
  bool unread = false;  // True for an object of tokenizer_config.json that is not read (IsUnread).
};

// The tokens that one key names: one for "mask_token", any number for additional_special_tokens.
struct NamedTokens {
  std::string key;
  std::vector<SpecialToken> tokens;
};

class FolderTokens {
 public:
  FolderTokens(const FolderFiles& files, const json::object& document, bool has_json)
      : files_(files),
        document_(document),
        has_json_(has_json),
        decoder_(files.config.if_contains("added_tokens_decoder")),
        by_class_(sources_.Add("the class " + files.class_name)) {}

  Result<AddedByFolder> Read() {
    if (decoder_ != nullptr) {
      const std::string where = WhereOf("added_tokens_decoder");
      VETOR_ASSIGN_OR_RETURN(by_index_, ReadDecoder(*decoder_, where));
      by_index_source_ = sources_.Add(where);
    } else {
      VETOR_RETURN_IF_ERROR(ReadAddedTokensFile());
    }
    ReadPresent();
    VETOR_RETURN_IF_ERROR(ReadNamed());
    VETOR_RETURN_IF_ERROR(ReadAdditional());
    VETOR_RETURN_IF_ERROR(ReadExtra());
    NameKeys();
    // Pegasus takes only the forms of the decoder, not its ids.
    if (files_.class_name == "PegasusTokenizer") by_index_.clear();
    GiveWay();
    if (!has_json_) KeepIds();
    SortByIndex(&by_index_);
    Collect();
    return std::move(result_);
  }

 private:
  // If there is a decoder, special_tokens_map.json is not read.
  bool ReadsMap() const { return decoder_ == nullptr; }

  // The file and key for a message; it is the file in which Find found the key.
  std::string WhereOf(const std::string& key) const {
    const bool map = ReadsMap() && files_.special_tokens.contains(key);
    const bool config = files_.config.contains(key);
    const char* file = map ? "special_tokens_map.json" : "tokenizer_config.json";
    return files_.PathOf(map || config ? file : "tokenizer.json") + ": " + key;
  }

  // The value of a special token's key, which may be a JSON null; nullptr if no file has the key.
  const json::value* Find(const std::string& key) const {
    if (ReadsMap()) {
      if (const json::value* value = files_.special_tokens.if_contains(key)) return value;
    }
    return files_.config.if_contains(key);
  }

  // True if `value` is an object of tokenizer_config.json: the reference reads it before it becomes
  // a token, and finds no content in it.
  bool IsUnread(const std::string& key, const json::value& value) const {
    const json::value* own = files_.config.if_contains(key);
    return value.is_object() && own == &value;
  }

  Status ReadAddedTokensFile() {
    if (files_.added_tokens.empty()) return Status();
    const std::string where = files_.PathOf("added_tokens.json");
    by_index_source_ = sources_.Add(where);
    std::unordered_set<std::string_view> special;
    for (const std::string_view key : kKeys) {
      const std::string name = std::string(key) + "_token";
      const json::value* value = Find(name);
      if (value == nullptr || value->is_null() || IsUnread(name, *value)) continue;
      VETOR_ASSIGN_OR_RETURN(const FolderToken token, ReadToken(*value, true, WhereOf(name)));
      special.insert(token.content);
    }
    VETOR_ASSIGN_OR_RETURN(const Lists additional, ReadLists());
    for (const SpecialToken& one : additional.tokens) {
      if (!one.unread) special.insert(one.token.content);
    }
    by_index_.reserve(files_.added_tokens.size());
    for (const auto& member : files_.added_tokens) {
      const int64_t* index = member.value().if_int64();
      if (index == nullptr) {
        return WrongInFolder(fmt::format("{}: {}", where, Quoted(member.key())), "a token's id",
                             JsonTypeName(member.value()));
      }
      const std::string_view content = member.key();
      VETOR_RETURN_IF_ERROR(CheckLength(content, where));
      by_index_.push_back({*index, PlainToken(content, special.contains(content))});
    }
    mistaken_ = by_index_.back().token;
    return Status();
  }

  void ReadPresent() {
    const json::value* added = document_.if_contains("added_tokens");
    if (added == nullptr || !added->is_array()) return;
    for (const json::value& value : added->get_array()) {
      auto token = ReadToken(value, false, "tokenizer.json: added_tokens");
      // The code that parses the document reports malformed parts.
      if (token.ok()) present_.insert_or_assign(token->content, Present{*token});
    }
    for (const std::string_view content : LostTokens(document_)) {
      present_[content] = {present_[content].token, false, true};
    }
  }

  SpecialToken ByClass(std::string_view content, std::string_view flags) const {
    SpecialToken special{PlainToken(content, true), flags.empty(), by_class_};
    special.token.lstrip = flags.find('L') != flags.npos;
    special.token.rstrip = flags.find('R') != flags.npos;
    special.token.normalized = flags.find('N') != flags.npos;
    return special;
  }

  // The form that the decoder has for a content, or else that of tokenizer.json.
  std::optional<FolderToken> Declared(std::string_view content) const {
    if (decoder_ == nullptr) {
      const auto found = present_.find(content);
      if (has_json_ && found != present_.end()) return found->second.token;
      if (mistaken_.content.empty() || content != files_.LastAdditionalOfMap()) return std::nullopt;
      return mistaken_;
    }
    const auto found =
        std::find_if(by_index_.rbegin(), by_index_.rend(),
                     [&](const IndexedToken& one) { return one.token.content == content; });
    if (found == by_index_.rend()) return std::nullopt;
    return found->token;
  }

  // Makes a token special as the class does. In the Python code, which other vocabulary files go
  // through, "normalized" is already fixed by then.
  void MakeSpecial(FolderToken* token) const {
    if (!has_json_) token->normalized_follows = false;
    token->MakeSpecial();
  }

  // Reads a token that a key names. In special_tokens_map.json every object is special.
  Result<FolderToken> ReadNamedToken(const json::value& value, bool is_map,
                                     const std::string& where) const {
    VETOR_ASSIGN_OR_RETURN(FolderToken token, ReadToken(value, is_map, where));
    if (is_map) token.MakeSpecial();
    MakeSpecial(&token);
    return token;
  }

  // Makes the token that a file names, in the form that is declared for it, if there is one.
  Result<SpecialToken> ByFile(const json::value& value, std::string_view flags, bool is_map,
                              const std::string& where) const {
    VETOR_ASSIGN_OR_RETURN(FolderToken token, ReadNamedToken(value, is_map, where));
    if (const std::optional<FolderToken> declared = Declared(token.content)) {
      token = *declared;
      MakeSpecial(&token);
    } else if (value.is_string()) {
      return ByClass(token.content, flags);
    }
    return SpecialToken{token, false, 0};
  }

  Status ReadNamed() {
    const TokenizerClass none{};
    const TokenizerClass& row = files_.tokenizer_class ? *files_.tokenizer_class : none;
    std::map<std::string_view, ClassToken> defaults;
    for (std::string_view rest : {row.tokens, has_json_ ? "" : row.python_tokens}) {
      for (ClassToken fields; NextClassToken(&rest, &fields);) {
        defaults[fields.key] = fields;
      }
    }
    for (const std::string_view key : kKeys) {
      const std::string name = std::string(key) + "_token";
      named_.push_back({name, {}});
      const json::value* value = Find(name);
      if (value != nullptr && value->is_null()) continue;
      const auto by_class = defaults.find(key);
      const std::string_view flags = by_class == defaults.end() ? "" : by_class->second.flags;
      SpecialToken special;
      if (value != nullptr) {
        const bool is_map = value != files_.config.if_contains(name);
        VETOR_ASSIGN_OR_RETURN(special, ByFile(*value, flags, is_map, WhereOf(name)));
        special.source = sources_.Add(WhereOf(name));
      } else if (by_class != defaults.end()) {
        special = ByClass(by_class->second.content, flags);
      } else if (const json::value* padding = PaddingToken(document_);
                 key == "pad" && row.takes_padding && padding != nullptr) {
        VETOR_ASSIGN_OR_RETURN(special.token, ReadToken(*padding, true, WhereOf(name)));
        special.bare = true;
        special.source = sources_.Add(WhereOf(name));
      } else {
        continue;
      }
      named_.back().tokens.push_back(special);
    }
    return Status();
  }

  // The lists of additional_special_tokens in both files.
  struct Lists {
    std::vector<SpecialToken> tokens;
    bool has_key = false;
    bool has_list = false;
  };

  Result<Lists> ReadLists() {
    Lists lists;
    for (const json::object* file : {&files_.config, &files_.special_tokens}) {
      const json::value* list = file->if_contains(kAdditional);
      const bool is_map = file == &files_.special_tokens;
      if (list == nullptr || (is_map && !ReadsMap())) continue;
      lists.has_key = true;
      if (list->is_null()) continue;
      lists.has_list = true;
      const std::string where =
          files_.PathOf(is_map ? "special_tokens_map.json" : "tokenizer_config.json") + ": " +
          kAdditional;
      if (!list->is_array()) return WrongInFolder(where, "a list of tokens", JsonTypeName(*list));
      const size_t source = sources_.Add(where);
      for (const json::value& value : list->get_array()) {
        VETOR_ASSIGN_OR_RETURN(const FolderToken token, ReadNamedToken(value, is_map, where));
        lists.tokens.push_back({token, value.is_string(), source, value.is_object() && !is_map});
      }
    }
    return lists;
  }

  // A token that the class adds beside the lists, or the one that a key of its own names instead;
  // nullopt if that key is null.
  Result<std::optional<SpecialToken>> OwnOrUsual(const ClassToken& usual) {
    const std::string_view key = OwnKey(files_.class_name, usual.content);
    const json::value* own = key.empty() ? nullptr : files_.config.if_contains(key);
    if (own == nullptr) return std::optional(ByClass(usual.content, usual.flags));
    if (own->is_null()) return std::optional<SpecialToken>();
    const std::string where = WhereOf(std::string(key));
    VETOR_ASSIGN_OR_RETURN(const FolderToken token, ReadNamedToken(*own, false, where));
    if (own->is_string()) return std::optional(ByClass(token.content, usual.flags));
    return std::optional(SpecialToken{token, false, sources_.Add(where)});
  }

  // Reads additional_special_tokens of both files, and adds the class's own.
  Status ReadAdditional() {
    VETOR_ASSIGN_OR_RETURN(Lists lists, ReadLists());
    result_.has_list = lists.has_list;
    if (files_.class_name == "T5Tokenizer" || files_.class_name == "MT5Tokenizer") {
      AddExtraIds(&lists.tokens);
    } else if (files_.class_name == "PegasusTokenizer") {
      VETOR_RETURN_IF_ERROR(AddOfPegasus(lists.has_list, &lists.tokens));
    }
    const auto listed = [&](std::string_view content) {
      return std::any_of(lists.tokens.begin(), lists.tokens.end(), [&](const SpecialToken& one) {
        return one.bare && one.token.content == content;
      });
    };
    std::vector<SpecialToken> before;
    std::string_view rest = files_.tokenizer_class != nullptr ? files_.tokenizer_class->tokens : "";
    for (ClassToken fields; NextClassToken(&rest, &fields);) {
      VETOR_ASSIGN_OR_RETURN(const std::optional<SpecialToken> token, OwnOrUsual(fields));
      if (!token) continue;
      const std::string_view when = fields.key;
      if (when == "before") {
        before.push_back(*token);
      } else if ((when == "also" && !listed(token->token.content)) ||
                 (when == "more" && !lists.has_key) || (when == "some" && !lists.has_list)) {
        lists.tokens.push_back(*token);
      }
    }
    if (!before.empty()) lists.tokens.insert(lists.tokens.begin(), before.begin(), before.end());
    named_.push_back({kAdditional, std::move(lists.tokens)});
    return Status();
  }

  void Make(std::string content, std::vector<SpecialToken>* tokens) {
    result_.made.push_back(std::move(content));
    tokens->push_back({PlainToken(result_.made.back(), true), true, by_class_});
  }

  // Adds T5's <extra_id_0> and so on, unless a file names some of them.
  void AddExtraIds(std::vector<SpecialToken>* tokens) {
    const bool named = std::any_of(tokens->begin(), tokens->end(), [](const SpecialToken& one) {
      return one.token.content.find("<extra_id_") != std::string_view::npos;
    });
    const json::value* asked = files_.config.if_contains("extra_ids");
    const int64_t count = asked != nullptr && asked->is_int64() ? asked->get_int64() : 100;
    if (named || count < 0 || count > kMostMade) return;
    for (int64_t i = 0; i < count; ++i) Make(fmt::format("<extra_id_{}>", i), tokens);
  }

  // Adds Pegasus's <mask_1>, the tokens of the files, and <unk_N> up to `offset`.
  Status AddOfPegasus(bool has_list, std::vector<SpecialToken>* tokens) {
    const std::string config = files_.PathOf("tokenizer_config.json");
    VETOR_ASSIGN_OR_RETURN(const int64_t offset, WholeMember(files_.config, "offset", 103, config));
    VETOR_ASSIGN_OR_RETURN(const std::string mask,
                           StringMember(files_.config, "mask_token_sent", "<mask_1>", config));
    const json::value* own = files_.config.if_contains("mask_token_sent");
    std::vector<SpecialToken> named = std::move(*tokens);
    tokens->clear();
    const bool has_mask = std::any_of(named.begin(), named.end(), [&](const SpecialToken& one) {
      return one.token.content == mask;
    });
    if (!has_mask && (own == nullptr || !own->is_null())) Make(mask, tokens);
    tokens->insert(tokens->end(), named.begin(), named.end());
    const auto count = static_cast<int64_t>(tokens->size());
    const int64_t end = std::min(has_list ? offset - 1 : offset, kMostMade);
    for (int64_t i = has_list ? count : 2; i < end; ++i) Make(fmt::format("<unk_{}>", i), tokens);
    return Status();
  }

  // Reads {"image_token": "<image>"} and the like. A name may be one of those above, which it then
  // replaces. transformers 5 writes additional_special_tokens under this key, as a list.
  Status ReadExtra() {
    const json::value* extra = files_.config.if_contains(kExtra);
    if (extra == nullptr || extra->is_null()) return Status();
    const std::string where = WhereOf(kExtra);
    const auto read = [&](const json::value& value, const std::string& at) -> Result<SpecialToken> {
      VETOR_ASSIGN_OR_RETURN(const FolderToken token, ReadNamedToken(value, false, at));
      return SpecialToken{token, value.is_string(), sources_.Add(where)};
    };
    if (const json::array* list = extra->if_array()) {
      named_.push_back({kExtra, {}});
      for (const json::value& value : *list) {
        VETOR_ASSIGN_OR_RETURN(const SpecialToken token, read(value, where));
        named_.back().tokens.push_back(token);
      }
      return Status();
    }
    if (!extra->is_object()) {
      return WrongInFolder(where, "an object of names and tokens", JsonTypeName(*extra));
    }
    named_.reserve(named_.size() + extra->get_object().size());
    for (const auto& member : extra->get_object()) {
      const std::string at = fmt::format("{}: {}", where, Quoted(member.key()));
      VETOR_ASSIGN_OR_RETURN(const SpecialToken token, read(member.value(), at));
      const auto standard = named_.begin() + kKeys.size() + 1;
      const auto same = std::find_if(named_.begin(), standard, [&](const NamedTokens& one) {
        return one.key == member.key();
      });
      if (same != standard) {
        same->tokens = {token};
      } else {
        named_.push_back({std::string(member.key()), {token}});
      }
    }
    return Status();
  }

  void NameKeys() {
    for (size_t i = 0; i < kKeys.size(); ++i) {
      if (named_[i].tokens.empty()) continue;
      result_.named[std::string(kKeys[i])] = named_[i].tokens[0].token.content;
    }
  }

  // The contents that any key names.
  std::unordered_set<std::string_view> Special() const {
    std::unordered_set<std::string_view> special;
    for (const NamedTokens& one : named_) {
      for (const SpecialToken& token : one.tokens) special.insert(token.token.content);
    }
    return special;
  }

  // If there is no decoder, the tokens of tokenizer.json keep the ids that the file writes beside
  // them, and a token that a key names becomes special. CamembertTokenizer has five of its own.
  void GiveWay() {
    std::unordered_set<int64_t> taken;
    std::vector<IndexedToken> made_special;
    if (!has_json_ && files_.class_name == "CamembertTokenizer") taken = {0, 1, 2, 3, 4};
    const json::value* added = document_.if_contains("added_tokens");
    const bool by_json = has_json_ && decoder_ == nullptr && added != nullptr && added->is_array();
    if (by_json) {
      const std::unordered_set<std::string_view> special = Special();
      for (const json::value& token : added->get_array()) {
        const json::object* object = token.if_object();
        const json::value* id = object == nullptr ? nullptr : object->if_contains("id");
        if (id == nullptr || !id->is_int64()) continue;
        taken.insert(id->get_int64());
        const auto form = ReadToken(token, false, "tokenizer.json: added_tokens");
        if (!form.ok() || form->special || !special.contains(form->content)) continue;
        made_special.push_back({id->get_int64(), *form});
      }
    }
    std::erase_if(by_index_, [&](const IndexedToken& one) { return taken.contains(one.index); });
    if (by_index_.empty()) {
      by_index_source_ = sources_.Add(files_.PathOf("tokenizer.json") +
                                      ": added_tokens, with a key that names it as special,");
    }
    by_index_.insert(by_index_.end(), made_special.begin(), made_special.end());
  }

  void KeepIds() {
    for (const NamedTokens& one : named_) {
      for (const SpecialToken& token : one.tokens) result_.special.push_back(token.token.content);
    }
    std::unordered_map<int64_t, size_t> places;
    for (const IndexedToken& one : by_index_) {
      const auto [place, is_new] = places.try_emplace(one.index, result_.indexed.size());
      if (is_new) result_.indexed.emplace_back();
      result_.indexed[place->second] = one;
    }
  }

  void Collect() {
    const std::unordered_set<std::string_view> special = Special();
    for (IndexedToken& one : by_index_) {
      if (special.contains(one.token.content)) one.token.MakeSpecial();
      Add(one.token, by_index_source_, true);
    }
    // If several keys name one content, the first key counts; within one key, each entry does.
    std::unordered_set<std::string_view> seen;
    for (const NamedTokens& one : named_) {
      for (const SpecialToken& token : one.tokens) {
        const std::string_view content = token.token.content;
        if (seen.contains(content) || (token.bare && IsKnown(content))) continue;
        Add(token.token, token.source, false);
      }
      if (&one == &named_.back()) break;  // The last one is often the longest list.
      for (const SpecialToken& token : one.tokens) seen.insert(token.token.content);
    }
    result_.said = sources_.Sentences();
  }

  // Whether tokenizer or decoder has the content, and not only a special token's key.
  bool IsKnown(std::string_view content) const {
    const auto found = present_.find(content);
    return found != present_.end() && found->second.known;
  }

  void Add(const FolderToken& token, size_t source, bool known) {
    const auto [found, is_new] = present_.try_emplace(token.content, Present{token, known});
    found->second.known |= known;
    if (!is_new && !found->second.is_lost && found->second.token == token) return;
    found->second = {token, found->second.known};
    if (token.content.empty()) return;
    result_.tokens.push_back(token);
    sources_.Count(source, token.content);
  }

  const FolderFiles& files_;
  const json::object& document_;
  const bool has_json_;
  const json::value* const decoder_;
  TokenSources sources_;
  const size_t by_class_;
  std::vector<IndexedToken> by_index_;
  size_t by_index_source_ = 0;
  FolderToken mistaken_;  // The last of added_tokens.json, under another token's content.
  // Keyed by content: the tokens of the document, then those that are added.
  struct Present {
    FolderToken token;
    bool known = true;
    bool is_lost = false;  // It lost its id, so the same form adds it again.
  };
  std::unordered_map<std::string_view, Present> present_;
  std::vector<NamedTokens> named_;  // Sorted: seven keys, additional_special_tokens, others.
  AddedByFolder result_;
};

}  // namespace

Result<AddedByFolder> ReadAddedTokens(const FolderFiles& files, const json::object& document,
                                      bool has_json) {
  return FolderTokens(files, document, has_json).Read();
}

}  // namespace vetor
