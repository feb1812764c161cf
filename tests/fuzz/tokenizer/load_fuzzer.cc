// libFuzzer: any bytes as a tokenizer.json or, behind a 'v' or an 's', as a vocab.txt or a
// SentencePiece model. What loads must also tokenize.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "tokenizer/compiled/compiled_tokenizer.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/vocabulary_files.h"

namespace {

// Building the table of BERT's fused walk, all code points, takes a hundred times as long as all
// else: few inputs have it.
bool IsFused(std::string_view bytes) { return vetor::Xxh3(bytes) % 256 == 0; }

// A file that makes texts grow without end takes a tenth of a second for each: one such text is
// enough for an input.
constexpr size_t kManyTokens = 4096;

// An error is right where the file makes texts grow without end, or where one of its regular
// expressions takes too many steps.
bool IsRight(const vetor::Status& status) {
  return status.ok() || status.code() == vetor::StatusCode::kResourceExhausted;
}

void TokenizeSomething(const vetor::Tokenizer& tokenizer) {
  vetor::TokenSequence tokens;
  vetor::WindowOptions options;
  options.byte_ranges = true;
  for (const std::string_view text : {"", "a", "Hello, World! [MASK] <mask> </s>",
                                      " \xE4\xB8\xAD\xE6\x96\x87 \xCC\x81 e\xCC\x81 ",
                                      "'S 12 \xF0\x9F\x98\x80\r\n  \xE2\x96\x81"}) {
    const vetor::Status status = tokenizer.Encode(text, {}, &tokens);
    if (!IsRight(status)) std::abort();
    if (!status.ok() || tokens.ids.size() > kManyTokens) return;
    if (!IsRight(tokenizer.EncodeWindows(text, "b", options).status())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool is_vocab = bytes.starts_with('v');
  if (!is_vocab && !bytes.starts_with('s')) {
    const auto document = vetor::ParseTokenizerJson(bytes, "fuzz", {});
    if (!document.ok()) return 0;
    auto parts = vetor::ParseParts(vetor::JsonNode(*document, "fuzz: "));
    if (parts.ok()) TokenizeSomething(vetor::Pipeline(*std::move(parts), IsFused(bytes)));
    return 0;
  }
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("vetor_fuzz_" + std::to_string(::getpid()) + (is_vocab ? ".txt" : ".model"));
  std::ofstream(path, std::ios::binary) << bytes.substr(1);
  auto parts = is_vocab ? vetor::ReadVocabTxt(path) : vetor::ReadSentencePieceModel(path);
  std::filesystem::remove(path);
  if (parts.ok()) TokenizeSomething(vetor::Pipeline(*std::move(parts), IsFused(bytes)));
  return 0;
}
