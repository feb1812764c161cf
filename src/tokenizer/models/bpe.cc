#include "tokenizer/models/bpe.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/byte_level_alphabet.h"
#include "tokenizer/let_go.h"
#include "tokenizer/models/bpe_merge.h"
#include "tokenizer/word_cache.h"

namespace vetor {
struct Bpe::Scratch : ModelScratch {
  explicit Scratch(size_t vocabulary_size) : cache(vocabulary_size) {}

  void Add(int64_t id, size_t size) {
    symbols.push_back({static_cast<int32_t>(id), static_cast<uint32_t>(size)});
  }

  WordCache cache;
  BpeMerger merger;
  std::vector<BpeSymbol> symbols;  // the symbols of the piece
  std::string buffer;
};

std::unique_ptr<ModelScratch> Bpe::NewScratch() const {
  return std::make_unique<Scratch>(vocabulary_.size());
}

bool Bpe::CanReadBytes() const {
  bool has_all = prefix_.empty() && suffix_.empty();
  for (size_t byte = 0; byte < 256; ++byte) {
    // ModernBERT has no tokens for bytes that never occur in UTF-8.
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
    // A vector that grows by doubling touches twice as many pages. A piece whose memory is freed
    // would pay for them each time.
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

// Reads the piece as symbols. As in the reference, if there is no unknown token, characters that
// the vocabulary lacks are dropped and their neighbours may merge; and an unknown run is added only
// when the next known character comes, after byte tokens in between.
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

// Returns false if the vocabulary lacks one of the bytes. For a model with a prefix or suffix, the
// reference would look up bytes with these attached; such files are refused.
bool Bpe::AddBytes(std::string_view character, Scratch* scratch) const {
  for (const char byte : character) {
    if (byte_ids_[static_cast<unsigned char>(byte)] == Vocabulary::kAbsent) return false;
  }
  for (const char byte : character) {
    scratch->Add(byte_ids_[static_cast<unsigned char>(byte)], 1);
  }
  return true;
}

Result<std::unique_ptr<Bpe>> Bpe::Parse(const JsonNode& node, TableReader* tables) {
  std::unique_ptr<Bpe> model(new Bpe());
  VETOR_ASSIGN_OR_RETURN(model->vocabulary_, Vocabulary::Read(node, tables));
  for (size_t byte = 0; byte < 256; ++byte) {
    model->byte_ids_[byte] = model->vocabulary_.Find(fmt::format("<0x{:02X}>", byte));
  }
  for (char32_t c = 0; c < model->character_ids_.size(); ++c) {
    std::string character;
    AppendUtf8(c, &character);
    model->character_ids_[c] = model->vocabulary_.Find(character);
  }
  VETOR_RETURN_IF_ERROR(model->ParseOptions(node));
  if (tables == nullptr) {
    VETOR_RETURN_IF_ERROR(model->ParseMerges(node));
  } else {
    VETOR_ASSIGN_OR_RETURN(model->merges_, MergeTable::Load(tables, model->vocabulary_.id_bound()));
  }
  return model;
}

void Bpe::Save(TableWriter* tables) const {
  vocabulary_.Save(tables);
  merges_.Save(tables);
}

Status Bpe::ParseOptions(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> dropout, node.Find("dropout"));
  if (dropout) {
    VETOR_ASSIGN_OR_RETURN(const double probability, dropout->Number());
    if (probability != 0) return dropout->Unknown("option", "dropout: ids would be random");
  }
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> unknown, node.Find("unk_token"));
  if (unknown) {
    VETOR_ASSIGN_OR_RETURN(const std::string_view token, unknown->String());
    unknown_id_ = vocabulary_.Find(token);
    if (unknown_id_ == Vocabulary::kAbsent) {
      return unknown->Fault(fmt::format("\"{}\" is not in vocab", token));
    }
  }
  for (const auto& [key, member] : {std::pair("continuing_subword_prefix", &prefix_),
                                    std::pair("end_of_word_suffix", &suffix_)}) {
    VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> affix, node.Find(key));
    if (!affix) continue;
    VETOR_ASSIGN_OR_RETURN(const std::string_view text, affix->String());
    *member = text;
  }
  VETOR_ASSIGN_OR_RETURN(fuses_unknown_, node.BoolOr("fuse_unk", false));
  VETOR_ASSIGN_OR_RETURN(falls_back_to_bytes_, node.BoolOr("byte_fallback", false));
  VETOR_ASSIGN_OR_RETURN(ignores_merges_, node.BoolOr("ignore_merges", false));
  if (falls_back_to_bytes_ && (!prefix_.empty() || !suffix_.empty())) {
    return node.Unknown("combination", "byte_fallback with a subword prefix or suffix");
  }
  return Status();
}

Status Bpe::ParseMerges(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode merges, node.Get("merges"));
  const auto* elements = merges.value().if_array();
  if (elements == nullptr) return merges.Expected("an array of \"a b\" or [\"a\", \"b\"]");
  std::vector<MergeTable::Merge> list;
  list.reserve(elements->size());
  for (const auto& element : *elements) {
    std::string_view left;
    std::string_view right;
    if (const auto* text = element.if_string()) {
      const std::string_view both(text->data(), text->size());
      const size_t space = both.find(' ');
      // Older files begin with a line that names the version of the format.
      if (both.starts_with("#version")) continue;
      if (space != std::string_view::npos && both.find(' ', space + 1) == std::string_view::npos) {
        left = both.substr(0, space);
        right = both.substr(space + 1);
      }
    } else if (const auto* two = element.if_array(); two != nullptr && two->size() == 2 &&
                                                     (*two)[0].is_string() &&
                                                     (*two)[1].is_string()) {
      left = {(*two)[0].get_string().data(), (*two)[0].get_string().size()};
      right = {(*two)[1].get_string().data(), (*two)[1].get_string().size()};
    }
    const Result<MergeTable::Merge> merge = MakeMerge(left, right);
    if (!merge.ok()) {
      return merges.Fault(fmt::format("merge {}: {}", list.size(), merge.status().message()));
    }
    list.push_back(*merge);
  }
  Result<MergeTable> table = MergeTable::Build(list, vocabulary_.id_bound());
  if (!table.ok()) return merges.Fault(table.status().message());
  merges_ = *std::move(table);
  return Status();
}

Result<MergeTable::Merge> Bpe::MakeMerge(std::string_view left, std::string_view right) const {
  if (left.empty() || right.empty()) {
    return InvalidArgumentError("expected \"a b\" or [\"a\", \"b\"]");
  }
  const auto id_of = [&](std::string_view token) { return vocabulary_.Find(token); };
  if (!right.starts_with(prefix_)) {
    return InvalidArgumentError(fmt::format("\"{}\" lacks the prefix \"{}\"", right, prefix_));
  }
  const std::string merged = std::string(left) + std::string(right.substr(prefix_.size()));
  for (const std::string_view token : {left, right, std::string_view(merged)}) {
    if (id_of(token) == Vocabulary::kAbsent) {
      return InvalidArgumentError(fmt::format("\"{}\" is not in vocab", token));
    }
  }
  return MergeTable::Merge{static_cast<int32_t>(id_of(left)), static_cast<int32_t>(id_of(right)),
                           static_cast<int32_t>(id_of(merged))};
}

}  // namespace vetor
