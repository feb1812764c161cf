// Measures the memory that lists of tokens beside a tokenizer take: an operator new of this program
// counts the bytes that are allocated, per byte of the file.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "tests/support/temporary_folder.h"
#include "tokenizer/tokenizer.h"

namespace {

// The size of each block stands before it.
constexpr std::size_t kHead = alignof(std::max_align_t);
std::atomic<std::size_t> live{0};
std::atomic<std::size_t> peak{0};

void* Allocate(std::size_t bytes) {
  void* block = std::malloc(bytes + kHead);
  if (block == nullptr) return nullptr;
  *static_cast<std::size_t*>(block) = bytes;
  const std::size_t now = live += bytes;
  std::size_t most = peak;
  while (most < now && !peak.compare_exchange_weak(most, now)) {
  }
  return static_cast<char*>(block) + kHead;
}

void* AllocateOrThrow(std::size_t bytes) {
  void* memory = Allocate(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  void* block = static_cast<char*>(memory) - kHead;
  live -= *static_cast<std::size_t*>(block);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t bytes) { return AllocateOrThrow(bytes); }
void* operator new[](std::size_t bytes) { return AllocateOrThrow(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete[](void* memory) noexcept { Free(memory); }
void operator delete(void* memory, std::size_t) noexcept { Free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { Free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { Free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { Free(memory); }

namespace vetor {
namespace {

constexpr const char* kJson =
    R"({"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","unk_token":"[UNK]",)"
    R"("continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"a":1}}})";

// The most bytes that are allocated at one time, beyond those before, per byte of `content`.
double PeakPerByte(const char* file, const std::string& content) {
  const TemporaryFolder folder;
  folder.Write("tokenizer_config.json", R"({"tokenizer_class":"PreTrainedTokenizerFast"})");
  folder.Write(file, content);
  const auto path = folder.Write("tokenizer.json", kJson);
  const std::size_t before = live;
  peak = before;
  const auto tokenizer = Tokenizer::Load(path);
  const auto taken = static_cast<double>(peak - before);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  if (!tokenizer.ok()) return 0;
  EXPECT_GT((*tokenizer)->vocabulary_size(), 20'000U);
  for (const std::string& note : (*tokenizer)->notes().decided) EXPECT_LT(note.size(), 1000U);
  return taken / static_cast<double>(content.size());
}

std::string List(const char* begin, const char* end, const auto& entry) {
  std::string text = begin;
  for (int i = 0; i < 30'000; ++i) text += (i == 0 ? "" : ",") + entry(i);
  return text + end;
}

// Each entry took 2.7 kB, 160 times its size, in objects, sets and notes that named them all.
TEST(FolderMemoryTest, ALongListTakesASmallMultipleOfItsFile) {
  const std::string added = List("{", "}", [](int i) { return fmt::format("\"t{}\":{}", i, i); });
  EXPECT_LT(PeakPerByte("added_tokens.json", added), 40);
  const std::string decoder =
      List(R"({"tokenizer_class":"PreTrainedTokenizerFast","added_tokens_decoder":{)", "}}",
           [](int i) { return fmt::format(R"("{}":{{"content":"t{}"}})", i, i); });
  EXPECT_LT(PeakPerByte("tokenizer_config.json", decoder), 40);
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    const std::string list =
        List(fmt::format(R"({{"tokenizer_class":"BertTokenizer","{}":[)", key).c_str(), "]}",
             [](int i) { return fmt::format("\"<t{}>\"", i); });
    EXPECT_LT(PeakPerByte("tokenizer_config.json", list), 40) << key;
  }
}

// One token of 16 MB took 630 MB: its places, its trie and every message that named it.
TEST(FolderMemoryTest, ATokenOfAnyLengthIsRefusedByItsLength) {
  const TemporaryFolder folder;
  const auto path = folder.Write("tokenizer.json", kJson);
  const std::string token(1 << 20, 'm');
  for (const auto& [file, content, key] :
       {std::tuple("special_tokens_map.json", "{\"mask_token\":\"" + token + "\"}",
                   ": mask_token:"),
        std::tuple("tokenizer_config.json", "{\"extra_special_tokens\":[\"" + token + "\"]}",
                   ": extra_special_tokens:"),
        std::tuple("added_tokens.json", "{\"" + token + "\":7}", ":")}) {
    const auto written = folder.Write(file, content);
    const std::size_t before = live;
    peak = before;
    const Status error = Tokenizer::Load(path).status();
    EXPECT_EQ(error.code(), StatusCode::kInvalidArgument) << file;
    EXPECT_THAT(error.message(),
                testing::AllOf(testing::StartsWith(written.string() + key),
                               testing::HasSubstr("expected a token of at most 65536 bytes, found"),
                               testing::HasSubstr("of 1048576 bytes; correct")));
    EXPECT_LT(error.message().size(), 1000U);
    EXPECT_LT(peak - before, 16 * content.size());
    std::filesystem::remove(written);
  }
}

}  // namespace
}  // namespace vetor
