#include "tokenizer/folder/language_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "tokenizer/folder/document_ids.h"

namespace vetor {
namespace {

namespace json = boost::json;

struct Token {
  std::string name;
  int64_t id = 0;
};

json::array Parts(const std::vector<Token>& before, const std::vector<Token>& after,
                  std::initializer_list<const char*> texts) {
  json::array parts;
  const auto add = [&](const char* kind, std::string_view id) {
    json::object part;
    part[kind] = {{"id", id}, {"type_id", 0}};
    parts.push_back(std::move(part));
  };
  for (const Token& token : before) add("SpecialToken", token.name);
  for (const char* text : texts) add("Sequence", text);
  for (const Token& token : after) add("SpecialToken", token.name);
  return parts;
}

// Whether the class's row has the entry "also:FLAGS:CODE".
bool IsCodeOf(const FolderFiles& files, std::string_view language) {
  std::string_view rest = files.tokenizer_class->tokens;
  for (ClassToken token; NextClassToken(&rest, &token);) {
    if (token.key == "also" && token.content == language) return true;
  }
  return false;
}

Result<std::string> Language(const FolderFiles& files) {
  const std::string config = files.PathOf(kTokenizerConfig);
  const std::string& name = files.class_name;
  const char* usual = name == "NllbTokenizer"          ? "eng_Latn"
                      : name == "SeamlessM4TTokenizer" ? "__eng__"
                                                       : "en_XX";
  VETOR_ASSIGN_OR_RETURN(std::string language,
                         StringMember(files.config, "src_lang", usual, config));
  if (name == "SeamlessM4TTokenizer" && language.find("__") == std::string::npos) {
    language = "__" + language + "__";
  }
  if (name == "MBart50Tokenizer" && !IsCodeOf(files, language)) {
    return WrongInFolder(config + ": src_lang", "a language of mBART-50 such as \"en_XX\"",
                         Quoted(language));
  }
  return language;
}

// Finds a token that the class needs by its key.
Result<Token> Named(const FolderFiles& files, const AddedByFolder& added,
                    const json::object& document, const char* key) {
  const auto found = added.named.find(key);
  const int64_t id = found == added.named.end() ? -1 : IdInDocument(document, found->second);
  if (id >= 0) return Token{found->second, id};
  return InvalidArgumentError(
      fmt::format("{}: a {} puts the {}_token around every text, found none; name one there",
                  files.PathOf(kTokenizerConfig), files.class_name, key));
}

Result<Token> LanguageToken(const FolderFiles& files, const AddedByFolder& added,
                            const json::object& document) {
  VETOR_ASSIGN_OR_RETURN(const std::string language, Language(files));
  const int64_t id = IdInDocument(document, language);
  if (id >= 0) return Token{language, id};
  return Named(files, added, document, "unk");
}

}  // namespace

Result<json::object> LanguageTemplate(const FolderFiles& files, const AddedByFolder& added,
                                      const json::object& document) {
  VETOR_ASSIGN_OR_RETURN(Token language, LanguageToken(files, added, document));
  VETOR_ASSIGN_OR_RETURN(Token end, Named(files, added, document, "eos"));
  bool is_last = files.class_name == "MBartTokenizer";
  if (files.class_name == "NllbTokenizer") {
    VETOR_ASSIGN_OR_RETURN(is_last, BoolMember(files.config, "legacy_behaviour", false,
                                               files.PathOf(kTokenizerConfig)));
  }
  json::object ids;
  for (const Token& token : {language, end}) {
    ids[token.name] = {{"id", token.name}, {"ids", json::array{token.id}}};
  }
  std::vector<Token> before;
  std::vector<Token> after = {std::move(end)};
  (is_last ? after : before).push_back(std::move(language));
  return json::object{{"type", "TemplateProcessing"},
                      {"single", Parts(before, after, {"A"})},
                      {"pair", Parts(before, after, {"A", "B"})},
                      {"special_tokens", std::move(ids)}};
}

}  // namespace vetor
