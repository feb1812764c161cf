#include "tokenizer/folder/folder_files.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "formats/model_file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// Classes that cut text with a program for their language before they look at the vocabulary.
constexpr std::pair<std::string_view, std::string_view> kOtherSplitters[] = {
    {"BertJapaneseTokenizer", "MeCab, Sudachi or Juman++"},
    {"RoFormerTokenizer", "jieba"},
    {"CpmTokenizer", "jieba"},
};

// Returns an empty object if the file does not exist. Adds name and content to `seen`.
Result<json::object> ReadOne(const fs::path& file, std::string* seen) {
  if (!FileIsThere(file)) return json::object();
  VETOR_ASSIGN_OR_RETURN(json::object object, ReadModelConfigAsPython(file));
  // The parsed form is hashed, so that a compiled tokenizer stays valid if only spaces changed.
  *seen += file.filename().string() + '\0' + json::serialize(object) + '\0';
  return object;
}

// The name of the class, without "Fast", and the file that gives it.
Result<std::string> ClassName(const FolderFiles& files, const json::object& model,
                              std::string* source) {
  const fs::path folder = files.folder;
  *source = files.PathOf("tokenizer_config.json") + ": tokenizer_class";
  VETOR_ASSIGN_OR_RETURN(std::string name, StringMember(files.config, "tokenizer_class", "",
                                                        folder / "tokenizer_config.json"));
  const fs::path config = folder / "config.json";
  if (name.empty()) {
    *source = config.string() + ": tokenizer_class";
    VETOR_ASSIGN_OR_RETURN(name, StringMember(model, "tokenizer_class", "", config));
  }
  if (name.empty()) {
    VETOR_ASSIGN_OR_RETURN(const std::string type, StringMember(model, "model_type", "", config));
    name = ClassOfModelType(type);
    *source = config.string() + ": model_type";
  }
  constexpr std::string_view kFast = "Fast";
  if (std::string_view(name).ends_with(kFast)) name.resize(name.size() - kFast.size());
  return name;
}

}  // namespace

std::string FolderFiles::PathOf(const char* name) const {
  return (fs::path(folder) / name).string();
}

std::string_view FolderFiles::LastAdditionalOfMap() const {
  const json::value* value = special_tokens.if_contains("additional_special_tokens");
  const json::array* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr || list->empty()) return "None";
  json::error_code absent;
  const json::value* content = list->back().find_pointer("/content", absent);
  const json::value& last = content == nullptr ? list->back() : *content;
  return last.is_string() ? std::string_view(last.get_string()) : "None";
}

void FolderFiles::Release() {
  for (json::object* file : {&config, &special_tokens, &added_tokens}) *file = json::object();
}

Status UnreadVocabulary(const fs::path& vocabulary, const FolderFiles& files,
                        std::string_view expected) {
  const TokenizerClass* row = FindTokenizerClass(files.class_name);
  const std::string remedy = row == nullptr ? "put the model's tokenizer.json beside it"
                             : row->fast ? "put a tokenizer.json beside it, which save_pretrained "
                                           "of the tokenizer writes in Python"
                                         : "transformers has Python code alone for this class and "
                                           "can make no tokenizer.json of it; "
                                           "choose a model that has one";
  return UnimplementedError(fmt::format(
      "{}: expected the file of a class of which vetor reads it ({}), found that of a {}, by {}; "
      "{}",
      vocabulary.string(), expected, Quoted(files.class_name), files.class_source, remedy));
}

Result<FolderFiles> ReadFolderFiles(const fs::path& tokenizer) {
  FolderFiles files;
  const bool named =
      tokenizer.filename() == "tokenizer.json" || tokenizer.filename() == "vocab.json";
  if (tokenizer.extension() == ".json" && !named) return files;
  const fs::path folder = tokenizer.parent_path();
  files.folder = folder.string();
  std::string seen;
  VETOR_ASSIGN_OR_RETURN(files.config, ReadOne(folder / "tokenizer_config.json", &seen));
  VETOR_ASSIGN_OR_RETURN(files.special_tokens, ReadOne(folder / "special_tokens_map.json", &seen));
  VETOR_ASSIGN_OR_RETURN(files.added_tokens, ReadOne(folder / "added_tokens.json", &seen));
  VETOR_ASSIGN_OR_RETURN(const json::object model, ReadOne(folder / "config.json", &seen));
  if (!seen.empty()) files.digest = Xxh3(seen);
  VETOR_ASSIGN_OR_RETURN(files.class_name, ClassName(files, model, &files.class_source));
  for (const auto& [name, splitter] : kOtherSplitters) {
    if (files.class_name != name) continue;
    return UnimplementedError(fmt::format(
        "{}: expected a class that cuts text by tokenizer.json alone, found {}, which cuts it with "
        "{}; vetor does not have that and refuses rather than approximates; use a model of another "
        "class",
        files.class_source, name, splitter));
  }
  files.tokenizer_class = FindTokenizerClass(files.class_name);
  return files;
}

}  // namespace vetor
