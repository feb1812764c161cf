#include "doctor/tokenizer_family.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "os/file.h"

namespace vetor {
namespace {

namespace json = boost::json;

// Ends the parsing at /model/type; the names and forms of its members are those of Boost.JSON.
class TypeFinder {
 public:
  using Error = json::error_code;
  static constexpr size_t max_object_size = std::numeric_limits<size_t>::max();
  static constexpr size_t max_array_size = max_object_size;
  static constexpr size_t max_key_size = max_object_size;
  static constexpr size_t max_string_size = max_object_size;

  bool found() const { return found_; }
  const std::string& type() const { return text_; }

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return Enter(); }
  bool on_object_end(size_t, Error&) { return Leave(); }
  bool on_array_begin(Error&) { return Enter(); }
  bool on_array_end(size_t, Error&) { return Leave(); }
  bool on_key_part(std::string_view part, size_t, Error&) { return Append(part); }
  bool on_key(std::string_view last, size_t, Error&) {
    Append(last);
    if (depth_ == 1) in_model_ = text_ == "model";
    at_type_ = in_model_ && depth_ == 2 && text_ == "type";
    text_.clear();
    return true;
  }
  bool on_string_part(std::string_view part, size_t, Error&) { return Append(part); }
  bool on_string(std::string_view last, size_t, Error& error) {
    Append(last);
    if (at_type_) {
      found_ = true;
      error = json::error::incomplete;  // Nothing else is wanted.
      return false;
    }
    text_.clear();
    return true;
  }
  bool on_number_part(std::string_view, Error&) { return true; }
  bool on_int64(int64_t, std::string_view, Error&) { return Other(); }
  bool on_uint64(uint64_t, std::string_view, Error&) { return Other(); }
  bool on_double(double, std::string_view, Error&) { return Other(); }
  bool on_bool(bool, Error&) { return Other(); }
  bool on_null(Error&) { return Other(); }
  bool on_comment_part(std::string_view, Error&) { return true; }
  bool on_comment(std::string_view, Error&) { return true; }

 private:
  bool Enter() {
    ++depth_;
    return Other();
  }
  bool Leave() {
    --depth_;
    return true;
  }
  bool Other() {
    at_type_ = false;
    return true;
  }
  bool Append(std::string_view part) {
    // Other keys and strings are not looked at beyond their first letters.
    constexpr size_t kMost = 64;
    text_ += part.substr(0, kMost - std::min(kMost, text_.size()));
    return true;
  }

  int depth_ = 0;
  bool in_model_ = false;
  bool at_type_ = false;
  bool found_ = false;
  std::string text_;  // Of the key or string that is being read; the type in the end.
};

}  // namespace

std::string TokenizerFamily(const std::filesystem::path& path) {
  if (path.extension() == ".txt") return "WordPiece";
  if (path.extension() == ".model") return "SentencePiece Unigram";
  if (path.filename() == "vocab.json") return "BPE";
  const Result<std::string> file = ReadFile(path);
  if (!file.ok()) return "?";
  std::string_view text = *file;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  json::basic_parser<TypeFinder> parser(json::parse_options{});
  json::error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  const TypeFinder& finder = parser.handler();
  if (finder.found()) return finder.type();
  return error ? "?" : "a model without a type";
}

}  // namespace vetor
