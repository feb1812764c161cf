// libFuzzer gives any bytes as a tokenizer.json. After a 'v' or an 's' they are a vocab.txt or a
// SentencePiece model; after an 'f' they are tokenizer_config.json, added_tokens.json and
// tokenizer.json, the first two on one line each. If the file loads, it must also tokenize.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/json.h"
#include "tokenizer/compiled/compiled_tokenizer.h"
#include "tokenizer/folder/folder_rules.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/vocab_json.h"
#include "tokenizer/vocab_txt.h"

namespace {

// Building the table of BERT's fused walk over all code points takes a hundred times as long as
// everything else, so only few inputs have it.
bool IsFused(std::string_view bytes) { return vetor::Xxh3(bytes) % 256 == 0; }

// If a file makes texts grow without end, each text takes a tenth of a second, so one such text per
// input is enough.
constexpr size_t kManyTokens = 4096;

// An error is right if the file makes texts grow without end, or if one of its regular expressions
// takes too many steps.
bool IsRight(const vetor::Status& status) {
  return status.ok() || status.code() == vetor::StatusCode::kResourceExhausted;
}

void TokenizeSomething(const vetor::Tokenizer& tokenizer) {
  vetor::TokenSequence tokens;
  vetor::WindowOptions options;
  options.offsets = true;
  for (const std::string_view text : {"", "a", "Hello, World! [MASK] <mask> </s>",
                                      " \xE4\xB8\xAD\xE6\x96\x87 \xCC\x81 e\xCC\x81 ",
                                      "'S 12 \xF0\x9F\x98\x80\r\n  \xE2\x96\x81"}) {
    const vetor::Status status = tokenizer.Encode(text, {}, &tokens);
    if (!IsRight(status)) std::abort();
    if (!status.ok() || tokens.ids.size() > kManyTokens) return;
    if (!IsRight(tokenizer.EncodeWindows(text, "b", options).status())) std::abort();
    // The file's decoder may be one that is not known, so any answer is right.
    static_cast<void>(tokenizer.Decode(tokens.ids, true));
  }
}

void LoadDocument(boost::json::value document, bool is_fused) {
  auto parts = vetor::ParseParts(vetor::JsonNode(document, "fuzz: "));
  if (parts.ok()) TokenizeSomething(vetor::Pipeline(*std::move(parts), is_fused));
}

// Cuts off the first line.
std::string_view TakePart(std::string_view* rest) {
  const std::string_view part = rest->substr(0, rest->find('\n'));
  rest->remove_prefix(std::min(rest->size(), part.size() + 1));
  return part;
}

void LoadFolder(std::string_view bytes) {
  vetor::FolderFiles files;
  for (boost::json::object* file : {&files.config, &files.added_tokens}) {
    const auto value = vetor::ParseJson(TakePart(&bytes), "fuzz");
    if (value.ok() && value->is_object()) *file = value->get_object();
  }
  files.digest = 1;
  if (const auto* name = files.config.if_contains("tokenizer_class")) {
    if (name->is_string()) files.class_name = name->get_string();
  }
  files.tokenizer_class = vetor::FindTokenizerClass(files.class_name);
  auto document = vetor::ParseTokenizerJson(bytes, "fuzz");
  vetor::FolderNotes notes;
  if (!document.ok() || !vetor::ApplyFolderRules(files, true, &*document, &notes).ok()) return;
  LoadDocument(*std::move(document), false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with('f')) {
    LoadFolder(bytes.substr(1));
    return 0;
  }
  const bool is_vocab = bytes.starts_with('v');
  if (!is_vocab && !bytes.starts_with('s')) {
    auto document = vetor::ParseTokenizerJson(bytes, "fuzz");
    if (document.ok()) LoadDocument(*std::move(document), IsFused(bytes));
    return 0;
  }
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("vetor_fuzz_" + std::to_string(::getpid()) + (is_vocab ? ".txt" : ".model"));
  std::ofstream(path, std::ios::binary) << bytes.substr(1);
  vetor::FolderFiles files;
  auto document =
      is_vocab ? vetor::ReadVocabTxt(path, &files) : vetor::ReadSentencePieceModel(path, &files);
  std::filesystem::remove(path);
  vetor::FolderNotes notes;
  if (document.ok() && vetor::ApplyFolderRules(files, false, &*document, &notes).ok()) {
    LoadDocument(*std::move(document), IsFused(bytes));
  }
  return 0;
}
