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

#include "tokenizer/tokenizer.h"

namespace {

void TokenizeSomething(const vetor::Tokenizer& tokenizer) {
  vetor::TokenSequence tokens;
  vetor::WindowOptions options;
  options.byte_ranges = true;
  for (const std::string_view text : {"", "a", "Hello, World! [MASK] <mask> </s>",
                                      " \xE4\xB8\xAD\xE6\x96\x87 \xCC\x81 e\xCC\x81 ",
                                      "'S 12 \xF0\x9F\x98\x80\r\n  \xE2\x96\x81"}) {
    if (!tokenizer.Encode(text, {}, &tokens).ok()) std::abort();
    if (!tokenizer.EncodeWindows(text, "b", options).ok()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool is_vocab = bytes.starts_with('v');
  if (!is_vocab && !bytes.starts_with('s')) {
    const auto tokenizer = vetor::Tokenizer::Parse(bytes, "fuzz");
    if (tokenizer.ok()) TokenizeSomething(**tokenizer);
    return 0;
  }
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("vetor_fuzz_" + std::to_string(::getpid()) + (is_vocab ? ".txt" : ".model"));
  std::ofstream(path, std::ios::binary) << bytes.substr(1);
  const auto tokenizer = vetor::Tokenizer::Load(path);
  std::filesystem::remove(path);
  if (tokenizer.ok()) TokenizeSomething(**tokenizer);
  return 0;
}
