#include "tokenizer/models/bpe.h"

#include <utility>

#include "base/utf8.h"
#include "tokenizer/byte_level_alphabet.h"
#include "tokenizer/let_go.h"
#include "tokenizer/models/bpe_merge.h"
#include "tokenizer/word_cache.h"

namespace vetor {
namespace {

constexpr size_t kKeptSymbols = 1 << 16;

}  // namespace

struct Bpe::Scratch : ModelScratch {
  explicit Scratch(size_t vocabulary_size) : cache(vocabulary_size) {}

  void Add(int64_t id, size_t size) {
    symbols.push_back({static_cast<int32_t>(id), static_cast<uint32_t>(size)});
  }

  WordCache cache;
  BpeMerger merger;
  std::vector<BpeSymbol> symbols;  // of the piece
  std::string buffer;
};

std::unique_ptr<ModelScratch> Bpe::NewScratch() const {
  return std::make_unique<Scratch>(vocabulary_.size());
}

bool Bpe::CanReadBytes() const {
  bool has_all = prefix_.empty() && suffix_.empty();
  for (size_t byte = 0; byte < 256; ++byte) {
    // ModernBERT has no tokens for bytes that do not occur in UTF-8.
    if (byte == 0xC0 || byte == 0xC1 || byte > 0xF4) continue;
    has_all &=
        vocabulary_.Find(ByteLevelForm(static_cast<unsigned char>(byte))) != Vocabulary::kAbsent;
  }
  return has_all;
}

void Bpe::ReadBytes() {
  for (size_t byte = 0; byte < 256; ++byte) {
    const int64_t id = vocabulary_.Find(ByteLevelForm(static_cast<unsigned char>(byte)));
    byte_form_ids_[byte] = static_cast<int32_t>(id);
  }
  reads_bytes_ = true;
}

int64_t Bpe::FindWhole(std::string_view piece, Scratch* scratch) const {
  if (!reads_bytes_) return vocabulary_.Find(piece);
  scratch->buffer.clear();
  for (const char byte : piece) scratch->buffer += ByteLevelForm(static_cast<unsigned char>(byte));
  return vocabulary_.Find(scratch->buffer);
}

void Bpe::Tokenize(std::string_view piece, ModelScratch* model_scratch, TokenSink* sink) const {
  Scratch* scratch = static_cast<Scratch*>(model_scratch);
  if (!sink->wants_ranges() && scratch->cache.Find(piece, sink)) return;
  scratch->symbols.clear();
  const int64_t whole = ignores_merges_ ? FindWhole(piece, scratch) : Vocabulary::kAbsent;
  if (whole != Vocabulary::kAbsent) {
    scratch->Add(whole, piece.size());
  } else {
    // A vector that doubles touches twice the pages. A piece whose memory is given back would pay
    // for them each time.
    if (piece.size() > kKeptSymbols) scratch->symbols.reserve(piece.size());
    ReadSymbols(piece, scratch);
    scratch->merger.Merge(merges_, &scratch->symbols);
  }
  const size_t first = sink->size();
  size_t begin = 0;
  for (const BpeSymbol& symbol : scratch->symbols) {
    sink->Add(symbol.id, begin, begin + symbol.size);
    begin += symbol.size;
  }
  if (!sink->wants_ranges()) scratch->cache.Insert(piece, *sink, first);
  if (scratch->symbols.capacity() > kKeptSymbols) LetGoOf(&scratch->symbols);
  if (scratch->buffer.capacity() > kKeptSymbols) LetGoOf(&scratch->buffer);
}

void Bpe::ReadSymbols(std::string_view piece, Scratch* scratch) const {
  if (!reads_bytes_) {
    ReadCharacters(piece, scratch);
    return;
  }
  for (const char byte : piece) scratch->Add(byte_form_ids_[static_cast<unsigned char>(byte)], 1);
}

int64_t Bpe::FindCharacter(char32_t c, std::string_view affixed) const {
  const bool is_plain = prefix_.empty() && suffix_.empty();
  return is_plain && c < character_ids_.size() ? character_ids_[c] : vocabulary_.Find(affixed);
}

// The piece as symbols. Without an unknown token, characters that the vocabulary lacks are dropped
// and their neighbours may merge, as in the reference. Also as there, an unknown run is added when
// the next known character comes, after byte tokens in between.
void Bpe::ReadCharacters(std::string_view piece, Scratch* scratch) const {
  size_t unknown_size = 0;
  const auto flush_unknown = [&] {
    if (unknown_size > 0) scratch->Add(unknown_id_, std::exchange(unknown_size, 0));
  };
  for (size_t at = 0; at < piece.size();) {
    const size_t begin = at;
    const char32_t c = DecodeUtf8(piece, &at);
    const std::string_view character = piece.substr(begin, at - begin);
    std::string_view affixed = character;
    if (!prefix_.empty() || !suffix_.empty()) {
      scratch->buffer = begin == 0 ? "" : prefix_;
      scratch->buffer += character;
      if (at == piece.size()) scratch->buffer += suffix_;
      affixed = scratch->buffer;
    }
    const int64_t id = FindCharacter(c, affixed);
    if (id != Vocabulary::kAbsent) {
      flush_unknown();
      scratch->Add(id, character.size());
      continue;
    }
    if (falls_back_to_bytes_ && AddBytes(character, scratch)) continue;
    if (unknown_id_ == Vocabulary::kAbsent) continue;
    if (!fuses_unknown_) flush_unknown();
    unknown_size += character.size();
  }
  flush_unknown();
}

// False if the vocabulary lacks one of the bytes. With a prefix or suffix the reference falls
// back to the bytes of the character with them; such files are refused.
bool Bpe::AddBytes(std::string_view character, Scratch* scratch) const {
  for (const char byte : character) {
    if (byte_ids_[static_cast<unsigned char>(byte)] == Vocabulary::kAbsent) return false;
  }
  for (const char byte : character) {
    scratch->Add(byte_ids_[static_cast<unsigned char>(byte)], 1);
  }
  return true;
}

}  // namespace vetor
