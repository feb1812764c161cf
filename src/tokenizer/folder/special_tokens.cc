#include "tokenizer/folder/special_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> kKeys = {"bos", "eos", "unk", "sep",
                                                   "pad", "cls", "mask"};
constexpr std::array<const char*, 4> kFlags = {"single_word", "lstrip", "rstrip", "normalized"};

struct SpecialToken {
  bool bare = false;  // Named by a string: added only if its content is new.
  json::object token;
  std::string source = {};  // What names it, for a note.
};

json::object MakeToken(std::string_view content, bool special) {
  return {{"id", 0},         {"content", content},     {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", !special}, {"special", special}};
}

std::string_view ContentOf(const json::object& token) {
  const json::string& content = token.at("content").get_string();
  return {content.data(), content.size()};
}

bool SameForm(const json::object& a, const json::object& b) {
  const auto same = [&](const char* key) {
    const json::value* left = a.if_contains(key);
    const json::value* right = b.if_contains(key);
    return left != nullptr && right != nullptr && *left == *right;
  };
  return same("content") && same("special") && std::all_of(kFlags.begin(), kFlags.end(), same);
}

// {"content": ..., "lstrip": ...}; what is absent is as in AddedToken. `special` if it is absent.
Result<json::object> ReadToken(const json::value& value, bool special, const std::string& where) {
  const json::object* object = value.if_object();
  const json::value* content = object == nullptr ? &value : object->if_contains("content");
  if (content == nullptr || !content->is_string()) {
    return InvalidArgumentError(
        fmt::format("{}: expected a token with a content, found {}", where, JsonTypeName(value)));
  }
  if (object == nullptr) return MakeToken(content->get_string(), true);
  const auto flag = [&](const char* key, bool absent) {
    const json::value* member = object->if_contains(key);
    return member != nullptr && member->is_bool() ? member->get_bool() : absent;
  };
  json::object token = MakeToken(content->get_string(), flag("special", special));
  for (const char* key : kFlags) token[key] = flag(key, token.at(key).get_bool());
  return token;
}

// The tokens of added_tokens_decoder by their index.
Result<std::map<int64_t, json::object>> ReadDecoder(const json::value& value,
                                                    const std::string& where) {
  std::map<int64_t, json::object> tokens;
  const json::object* decoder = value.if_object();
  if (decoder == nullptr) {
    return InvalidArgumentError(
        fmt::format("{}: expected an object, found {}", where, JsonTypeName(value)));
  }
  for (const auto& member : *decoder) {
    const std::string_view key = member.key();
    int64_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    if (error != std::errc() || end != key.data() + key.size()) {
      return InvalidArgumentError(
          fmt::format("{}: expected a token's id as key, found \"{}\"", where, key));
    }
    VETOR_ASSIGN_OR_RETURN(tokens[index], ReadToken(member.value(), false, where));
  }
  return tokens;
}

const json::array* AddedOf(const json::object& document) {
  const json::value* added = document.if_contains("added_tokens");
  return added == nullptr ? nullptr : added->if_array();
}

// The ids of a vocabulary as a model of tokenizer.json has it: an object, or Unigram's array.
class Ids {
 public:
  explicit Ids(const json::value& vocab) : object_(vocab.if_object()), array_(vocab.if_array()) {
    for (size_t i = 0; array_ != nullptr && i < array_->size(); ++i) {
      const json::array* pair = (*array_)[i].if_array();
      if (pair == nullptr || pair->empty() || !(*pair)[0].is_string()) continue;
      by_content_.emplace((*pair)[0].get_string(), static_cast<int64_t>(i));
    }
  }

  int64_t Find(std::string_view content) const {
    if (object_ != nullptr) {
      const json::value* id = object_->if_contains(content);
      return id != nullptr && id->is_int64() ? id->get_int64() : -1;
    }
    const auto found = by_content_.find(content);
    return found == by_content_.end() ? -1 : found->second;
  }

  int64_t size() const {
    const size_t count = object_ != nullptr ? object_->size() : array_ ? array_->size() : 0;
    return static_cast<int64_t>(count);
  }

 private:
  const json::object* object_;
  const json::array* array_;
  std::unordered_map<std::string_view, int64_t> by_content_;
};

class FolderTokens {
 public:
  FolderTokens(const FolderFiles& files, const json::object& document)
      : files_(files), document_(document), where_(files.PathOf("tokenizer_config.json")) {}

  Result<AddedByFolder> Read(bool has_json) {
    const json::value* decoder = files_.config.if_contains("added_tokens_decoder");
    has_decoder_ = decoder != nullptr;
    has_json_ = has_json;
    if (has_decoder_) {
      VETOR_ASSIGN_OR_RETURN(by_index_, ReadDecoder(*decoder, where_ + ": added_tokens_decoder"));
    } else {
      VETOR_RETURN_IF_ERROR(ReadAddedTokensFile());
    }
    for (const auto& [index, token] : by_index_) declared_[std::string(ContentOf(token))] = token;
    const json::array* added = AddedOf(document_);
    for (const json::value& value : added == nullptr ? json::array() : *added) {
      auto token = ReadToken(value, false, "tokenizer.json: added_tokens");
      if (!token.ok()) continue;  // Said where the document is parsed.
      present_[std::string(ContentOf(*token))] = *token;
      // A file of added tokens gives way to tokenizer.json, which the decoder does not.
      if (!has_decoder_ && has_json) declared_[std::string(ContentOf(*token))] = *token;
    }
    VETOR_RETURN_IF_ERROR(ReadNamed());
    VETOR_RETURN_IF_ERROR(ReadMore());
    Collect();
    return std::move(result_);
  }

 private:
  // The file that Find took a key from.
  std::string SourceOf(const std::string& key) const {
    const bool map = !has_decoder_ && files_.special_tokens.contains(key);
    const bool config = files_.config.contains(key);
    const char* file = map ? "special_tokens_map.json" : "tokenizer_config.json";
    return files_.PathOf(map || config ? file : "tokenizer.json") + ": " + key;
  }

  // The value of a special token's key: null where a file says null, nullptr where none has it.
  const json::value* Find(const std::string& key) const {
    if (!has_decoder_) {
      if (const json::value* value = files_.special_tokens.if_contains(key)) return value;
    }
    const json::value* value = files_.config.if_contains(key);
    if (value != nullptr || key != "pad_token" || files_.class_name != "PreTrainedTokenizer") {
      return value;
    }
    json::error_code absent;
    const json::value* padding = document_.if_contains("padding");
    return padding == nullptr ? nullptr : padding->find_pointer("/pad_token", absent);
  }

  Status ReadAddedTokensFile() {
    std::set<std::string> special;
    for (const std::string_view key : kKeys) {
      const json::value* value = Find(std::string(key) + "_token");
      if (value == nullptr || value->is_null()) continue;
      VETOR_ASSIGN_OR_RETURN(const json::object token, ReadToken(*value, true, where_));
      special.emplace(ContentOf(token));
    }
    for (const auto& member : files_.added_tokens) {
      const int64_t* index = member.value().if_int64();
      if (index == nullptr) {
        return InvalidArgumentError(fmt::format("{}: expected a token's id, found {}",
                                                files_.PathOf("added_tokens.json"),
                                                JsonTypeName(member.value())));
      }
      by_index_[*index] = MakeToken(member.key(), special.contains(std::string(member.key())));
    }
    return Status();
  }

  // KEY:FLAGS:CONTENT of the class's row; false at the end.
  static bool NextDefault(std::string_view* rest, std::array<std::string_view, 3>* fields) {
    if (rest->empty()) return false;
    const std::string_view entry = rest->substr(0, rest->find(' '));
    rest->remove_prefix(std::min(rest->size(), entry.size() + 1));
    const size_t first = entry.find(':');
    const size_t second = entry.find(':', first + 1);
    *fields = {entry.substr(0, first), entry.substr(first + 1, second - first - 1),
               entry.substr(second + 1)};
    return true;
  }

  std::string ClassSource() const { return "the class " + files_.class_name; }

  SpecialToken ByClass(std::string_view content, std::string_view flags) const {
    SpecialToken special{flags.empty(), MakeToken(content, true), ClassSource()};
    special.token["lstrip"] = flags.find('L') != flags.npos;
    special.token["rstrip"] = flags.find('R') != flags.npos;
    special.token["normalized"] = flags.find('N') != flags.npos;
    return special;
  }

  // A token that a file names: in the form that is declared for it, if any.
  Result<SpecialToken> ByFile(const json::value& value, std::string_view flags) const {
    VETOR_ASSIGN_OR_RETURN(json::object token, ReadToken(value, true, where_));
    const auto declared = declared_.find(ContentOf(token));
    if (declared != declared_.end()) {
      token = declared->second;
    } else if (value.is_string()) {
      return ByClass(ContentOf(token), flags);
    }
    token["special"] = true;
    return SpecialToken{false, std::move(token), {}};
  }

  // Two classes' Python code, which other vocabulary files go through, has another <mask> than the
  // fast form.
  bool TakesSpaceBefore() const {
    return !has_json_ &&
           (files_.class_name == "DebertaTokenizer" || files_.class_name == "LayoutLMv3Tokenizer");
  }

  Status ReadNamed() {
    std::map<std::string_view, std::array<std::string_view, 3>> defaults;
    std::string_view rest = files_.tokenizer_class ? files_.tokenizer_class->tokens : "";
    for (std::array<std::string_view, 3> fields; NextDefault(&rest, &fields);) {
      if (fields[0] != "more") defaults[fields[0]] = fields;
    }
    for (const std::string_view key : kKeys) {
      const json::value* value = Find(std::string(key) + "_token");
      if (value != nullptr && value->is_null()) continue;
      const auto by_class = defaults.find(key);
      std::string_view flags = by_class == defaults.end() ? "" : by_class->second[1];
      if (key == "mask" && TakesSpaceBefore()) flags = "ALS";
      if (value == nullptr && by_class == defaults.end()) continue;
      SpecialToken special;
      if (value == nullptr) {
        special = ByClass(by_class->second[2], flags);
      } else {
        VETOR_ASSIGN_OR_RETURN(special, ByFile(*value, flags));
        special.source = SourceOf(std::string(key) + "_token");
      }
      result_.named[std::string(key)] = ContentOf(special.token);
      special_.push_back(std::move(special));
    }
    return Status();
  }

  // additional_special_tokens: those of both files, else the class's own.
  Status ReadMore() {
    bool named = false;
    for (const json::object* file : {&files_.config, &files_.special_tokens}) {
      const json::value* list = file->if_contains("additional_special_tokens");
      if (list == nullptr || (has_decoder_ && file == &files_.special_tokens)) continue;
      named = true;
      if (!list->is_array()) continue;
      for (const json::value& value : list->get_array()) {
        VETOR_ASSIGN_OR_RETURN(json::object token, ReadToken(value, true, where_));
        token["special"] = true;
        special_.push_back(
            {value.is_string(), std::move(token), SourceOf("additional_special_tokens")});
      }
    }
    if (!named && files_.tokenizer_class != nullptr) AddMoreByClass();
    AddExtraIds();
    return Status();
  }

  void AddMoreByClass() {
    std::string_view rest = files_.tokenizer_class->tokens;
    for (std::array<std::string_view, 3> fields; NextDefault(&rest, &fields);) {
      if (fields[0] == "more") special_.push_back(ByClass(fields[2], fields[1]));
    }
  }

  // T5's <extra_id_0> and so on, unless a file names some.
  void AddExtraIds() {
    if (files_.class_name != "T5Tokenizer" && files_.class_name != "MT5Tokenizer") return;
    const bool named = std::any_of(special_.begin(), special_.end(), [](const SpecialToken& one) {
      return ContentOf(one.token).find("<extra_id_") != std::string_view::npos;
    });
    constexpr int64_t kMostExtraIds = 10'000;
    const json::value* asked = files_.config.if_contains("extra_ids");
    const int64_t count = asked != nullptr && asked->is_int64() ? asked->get_int64() : 100;
    if (named || count < 0 || count > kMostExtraIds) return;
    for (int64_t i = 0; i < count; ++i) {
      special_.push_back({true, MakeToken(fmt::format("<extra_id_{}>", i), true), ClassSource()});
    }
  }

  void Collect() {
    std::set<std::string, std::less<>> special_contents;
    for (const SpecialToken& one : special_) special_contents.emplace(ContentOf(one.token));
    std::set<std::string, std::less<>> known;
    for (const auto& [content, token] : present_) known.insert(content);
    for (auto& [index, token] : by_index_) {
      known.emplace(ContentOf(token));
      if (special_contents.contains(ContentOf(token))) token["special"] = true;
      Add(token,
          has_decoder_ ? where_ + ": added_tokens_decoder" : files_.PathOf("added_tokens.json"));
    }
    std::set<std::string, std::less<>> seen;
    for (const SpecialToken& one : special_) {
      if (!seen.emplace(ContentOf(one.token)).second) continue;
      if (one.bare && known.contains(ContentOf(one.token))) continue;
      Add(one.token, one.source);
    }
    for (const auto& [source, contents] : by_source_) {
      result_.said.push_back(fmt::format("{} adds or changes {}", source, contents));
    }
  }

  void Add(const json::object& token, const std::string& source) {
    const auto found = present_.find(ContentOf(token));
    if (found != present_.end() && SameForm(found->second, token)) return;
    present_[std::string(ContentOf(token))] = token;
    if (ContentOf(token).empty()) return;
    result_.tokens.push_back(token);
    std::string& contents = by_source_[source];
    contents += (contents.empty() ? "" : ", ") + json::serialize(token.at("content"));
  }

  const FolderFiles& files_;
  const json::object& document_;
  std::string where_;
  bool has_decoder_ = false;
  bool has_json_ = true;
  std::map<int64_t, json::object> by_index_;
  std::map<std::string, json::object, std::less<>> declared_;  // by content
  std::map<std::string, json::object, std::less<>> present_;   // of the document, then added
  std::vector<SpecialToken> special_;
  std::map<std::string, std::string> by_source_;  // contents of what was added
  AddedByFolder result_;
};

}  // namespace

Result<AddedByFolder> ReadAddedTokens(const FolderFiles& files, const json::object& document,
                                      bool has_json) {
  return FolderTokens(files, document).Read(has_json);
}

int64_t IdInDocument(const json::object& document, std::string_view content) {
  json::error_code absent;
  const json::value* model = document.if_contains("model");
  const json::value* vocab = model == nullptr ? nullptr : model->find_pointer("/vocab", absent);
  if (vocab == nullptr) return -1;
  const Ids ids(*vocab);
  if (const int64_t id = ids.Find(content); id >= 0) return id;
  // New tokens get the next ids, in their order.
  std::set<std::string_view> seen;
  const json::array* added = AddedOf(document);
  int64_t next = ids.size();
  for (const json::value& token : added == nullptr ? json::array() : *added) {
    const json::object* object = token.if_object();
    const json::value* text = object == nullptr ? nullptr : object->if_contains("content");
    if (text == nullptr || !text->is_string() || text->get_string().empty()) continue;
    const std::string_view name = text->get_string();
    if (ids.Find(name) >= 0 || !seen.insert(name).second) continue;
    if (name == content) return next;
    ++next;
  }
  return -1;
}

}  // namespace vetor
