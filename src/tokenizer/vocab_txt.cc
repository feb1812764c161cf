#include "tokenizer/vocab_txt.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "formats/model_config.h"
#include "os/file.h"
#include "tokenizer/folder/python_ids.h"
#include "tokenizer/folder/special_tokens.h"
#include "tokenizer/template_pieces.h"

namespace vetor {
namespace {

namespace json = boost::json;

// The class that is assumed if no file beside the vocabulary names one.
constexpr std::string_view kDefaultTextClass = "BertTokenizer";

// Splits lines as Python does: "\n", "\r\n" and "\r" end a line, and nothing else is removed.
json::object ReadVocabulary(std::string_view text) {
  json::object vocab;
  int64_t id = 0;
  for (size_t begin = 0; begin < text.size(); ++id) {
    const size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    vocab[text.substr(begin, end - begin)] = id;
    begin = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return vocab;
}

// The classes that cut the words of a vocab.txt with BertPreTokenizer and WordPiece alone.
bool IsCutAlone(const TokenizerClass* row) {
  return row != nullptr && row->normalizer != TokenizerClass::Normalizer::kKeep &&
         !row->name.starts_with("LayoutLMv");
}

Result<const TokenizerClass*> ClassOf(const std::filesystem::path& path, const FolderFiles& files) {
  const std::string_view name =
      files.class_name.empty() || files.class_name == "PreTrainedTokenizer"
          ? kDefaultTextClass
          : std::string_view(files.class_name);
  const TokenizerClass* found = FindTokenizerClass(name);
  if (IsCutAlone(found)) return found;
  return UnreadVocabulary(path, files, "one of the BERT family");
}

// Without do_basic_tokenize, the Python code of MPNet and Splinter has nothing that says how text
// is normalized. The class itself sets two of these again, as for a tokenizer.json.
Result<json::object> BertNormalizerJson(const FolderFiles& files) {
  const std::filesystem::path config = files.PathOf("tokenizer_config.json");
  VETOR_ASSIGN_OR_RETURN(const bool lowercase,
                         BoolMember(files.config, "do_lower_case", true, config));
  VETOR_ASSIGN_OR_RETURN(const bool strip,
                         BoolMember(files.config, "strip_accents", false, config));
  VETOR_ASSIGN_OR_RETURN(const bool ideographs,
                         BoolMember(files.config, "tokenize_chinese_chars", true, config));
  const json::value* own_basic = files.config.if_contains("do_basic_tokenize");
  // null is false, as Python's None is.
  const bool is_null = own_basic != nullptr && own_basic->is_null();
  VETOR_ASSIGN_OR_RETURN(const bool basic,
                         BoolMember(files.config, "do_basic_tokenize", !is_null, config));
  const json::value* own = files.config.if_contains("strip_accents");
  const bool says_strip = !basic || (own != nullptr && !own->is_null());
  return json::object{{"type", "BertNormalizer"},
                      {"clean_text", true},
                      {"handle_chinese_chars", basic && ideographs},
                      {"strip_accents", says_strip ? json::value(basic && strip) : json::value()},
                      {"lowercase", basic && lowercase}};
}

// Makes [CLS] A [SEP] and [CLS] A [SEP] B [SEP]. MPNet has two separators between the texts,
// Splinter has its question token and a full stop, and Funnel's [CLS] has a type of its own.
class Template {
 public:
  Template(std::string_view class_name, const std::map<std::string, std::string>& names,
           const PythonIds& python)
      : class_name_(class_name), names_(names), python_(python) {}

  json::object Build() {
    json::array single = {Add(names_.at("cls"), class_name_ == "FunnelTokenizer" ? 2 : 0),
                          SequencePiece("A", 0)};
    json::array pair = single;
    single.push_back(Add(names_.at("sep"), 0));
    if (class_name_ == "SplinterTokenizer") {
      pair.push_back(Add(names_.at("question"), 0));
      pair.push_back(Add(".", 0));
    }
    pair.push_back(Add(names_.at("sep"), 0));
    if (class_name_ == "MPNetTokenizer") pair.push_back(Add(names_.at("sep"), 0));
    pair.push_back(SequencePiece("B", 1));
    pair.push_back(Add(names_.at("sep"), 1));
    return {{"type", "TemplateProcessing"},
            {"single", std::move(single)},
            {"pair", std::move(pair)},
            {"special_tokens", std::move(ids_)}};
  }

 private:
  json::value Add(const std::string& token, int type_id) {
    const int64_t id = python_.Find(token);
    const int64_t known = id >= 0 ? id : python_.Find(names_.at("unk"));
    ids_[token] = {{"id", token}, {"ids", json::array{known}}};
    return {{"SpecialToken", {{"id", token}, {"type_id", type_id}}}};
  }

  const std::string_view class_name_;
  const std::map<std::string, std::string>& names_;
  const PythonIds& python_;
  json::object ids_;
};

}  // namespace

bool IsVocabTxtClass(const FolderFiles& files) { return IsCutAlone(files.tokenizer_class); }

Result<json::value> ReadVocabTxt(const std::filesystem::path& path, FolderFiles* files) {
  VETOR_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const size_t bad = FindInvalidUtf8(text);
  if (bad != kValidUtf8) {
    return InvalidArgumentError(fmt::format(
        "{}: invalid UTF-8 at byte {}, expected one token per line; take the file again from where "
        "the model comes from",
        path.string(), bad));
  }
  VETOR_ASSIGN_OR_RETURN(files->tokenizer_class, ClassOf(path, *files));
  const std::string_view class_name = files->tokenizer_class->name;
  files->class_name = class_name;
  json::object document;
  json::object vocab = ReadVocabulary(text);
  VETOR_ASSIGN_OR_RETURN(const AddedByFolder added, ReadAddedTokens(*files, document, false));
  std::map<std::string, std::string> names;
  for (const char* key : {"cls", "sep", "unk"}) {
    const auto named = added.named.find(key);
    names[key] = named == added.named.end() ? "" : named->second;
  }
  const size_t tokens = vocab.size();
  const bool has_unknown = vocab.contains(names["unk"]);
  document["model"] = {{"type", "WordPiece"},
                       {"unk_token", names["unk"]},
                       {"continuing_subword_prefix", "##"},
                       {"max_input_chars_per_word", 100},
                       {"vocab", std::move(vocab)}};
  // If no line has the cls or sep, it is added after the lines, as in transformers.
  const bool mpnet = class_name == "MPNetTokenizer";
  const PythonIds python(document, added,
                         mpnet ? PythonIds::Kind::kVocabularyFirst : PythonIds::Kind::kByContent);
  for (const char* key : {"cls", "sep", "unk"}) {
    if (std::string_view(key) == "unk" ? has_unknown : python.Find(names[key]) >= 0) continue;
    return InvalidArgumentError(fmt::format(
        "{}: expected a line with the {}_token {} of a {}, found {} other tokens; name the token "
        "that the vocabulary has in tokenizer_config.json, or the right tokenizer_class",
        path.string(), key, Quoted(names[key]), class_name, tokens));
  }
  VETOR_ASSIGN_OR_RETURN(document["normalizer"], BertNormalizerJson(*files));
  document["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  const json::value* question = files->config.if_contains("question_token");
  names["question"] =
      question != nullptr && question->is_string() ? question->get_string() : "[QUESTION]";
  document["post_processor"] = Template(class_name, names, python).Build();
  document["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  document["added_tokens"] = json::array();
  return json::value(std::move(document));
}

}  // namespace vetor
