#include "tokenizer/models/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "tokenizer/let_go.h"
#include "tokenizer/word_cache.h"

namespace vetor {
namespace {

// sentencepiece's kUnkPenalty.
constexpr double kUnknownPenalty = 10.0;
// The positions for which a thread keeps memory between texts: 1 MiB.
constexpr size_t kKeptPositions = 1 << 16;

size_t CodePointSize(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// Reads [token, score]. It makes no path for each of 250,000 elements, which alone would take
// longer than the rest of loading.
Status ReadPiece(const boost::json::value& element, std::string_view* token, double* score) {
  const auto* pair = element.if_array();
  if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string()) {
    return InvalidArgumentError("expected [token, score]");
  }
  const auto& text = (*pair)[0].get_string();
  *token = std::string_view(text.data(), text.size());
  VETOR_ASSIGN_OR_RETURN(*score, JsonNode((*pair)[1], "score").Number());
  return Status();
}

}  // namespace

// The best way to reach each position of the piece.
struct Unigram::Scratch : ModelScratch {
  explicit Scratch(size_t vocabulary_size) : cache(vocabulary_size) {}

  struct Position {
    double score = 0;
    int32_t id = -1;
    uint32_t begin = kUnreached;  // where the last token on the way begins
  };
  static constexpr uint32_t kUnreached = UINT32_MAX;

  WordCache cache;
  std::vector<Position> positions;
  std::vector<uint32_t> path;  // the ends of the tokens, the last one first
};

Result<std::unique_ptr<Unigram>> Unigram::Parse(const JsonNode& node, TableReader* tables) {
  auto model = std::make_unique<Unigram>();
  if (tables != nullptr) {
    VETOR_RETURN_IF_ERROR(model->Load(tables));
  } else {
    VETOR_ASSIGN_OR_RETURN(const JsonNode vocab, node.Get("vocab"));
    VETOR_RETURN_IF_ERROR(model->ReadPieces(vocab));
  }
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> unknown, node.Find("unk_id"));
  if (!unknown) return node.Fault("unk_id is missing: what no token covers would have no id");
  VETOR_ASSIGN_OR_RETURN(const int64_t unknown_id,
                         unknown->Integer(0, static_cast<int64_t>(model->scores_.size()) - 1));
  VETOR_ASSIGN_OR_RETURN(const bool byte_fallback, node.BoolOr("byte_fallback", false));
  model->SetOptions(unknown_id, byte_fallback);
  return model;
}

Status Unigram::ReadPieces(const JsonNode& vocab) {
  const auto* elements = vocab.value().if_array();
  if (elements == nullptr) return vocab.Expected("an array of [token, score]");
  if (elements->empty()) return vocab.Fault("the vocabulary is empty");
  std::vector<std::string_view> tokens(elements->size());
  std::vector<double> scores(elements->size());
  for (size_t i = 0; i < elements->size(); ++i) {
    const Status read = ReadPiece((*elements)[i], &tokens[i], &scores[i]);
    if (!read.ok()) return vocab.Fault(fmt::format("element {}: {}", i, read.message()));
  }
  vocabulary_ = Vocabulary::FromList(tokens);
  scores_ = FlatArray<double>(std::move(scores));
  if (vocabulary_.size() != tokens.size()) return vocab.Fault("a token occurs twice");
  std::vector<PrefixTrie::Key> keys;
  keys.reserve(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].empty()) keys.push_back({tokens[i], static_cast<int32_t>(i)});
  }
  trie_ = PrefixTrie::Build(keys);
  return Status();
}

Status Unigram::Load(TableReader* tables) {
  VETOR_ASSIGN_OR_RETURN(vocabulary_, Vocabulary::Load(tables));
  VETOR_RETURN_IF_ERROR(tables->Take(&scores_));
  if (scores_.empty() || scores_.size() != vocabulary_.id_bound()) {
    return BrokenTable("the scores are not as many as the tokens");
  }
  VETOR_ASSIGN_OR_RETURN(trie_, PrefixTrie::Load(tables, scores_.size()));
  return Status();
}

void Unigram::Save(TableWriter* tables) const {
  vocabulary_.Save(tables);
  tables->Add(scores_.view());
  trie_.Save(tables);
}

void Unigram::SetOptions(int64_t unknown_id, bool byte_fallback) {
  unknown_id_ = static_cast<int32_t>(unknown_id);
  unknown_score_ = *std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty;
  falls_back_to_bytes_ = byte_fallback;
  for (size_t byte = 0; byte < 256; ++byte) {
    byte_ids_[byte] = vocabulary_.Find(fmt::format("<0x{:02X}>", byte));
  }
}

std::unique_ptr<ModelScratch> Unigram::NewScratch() const {
  return std::make_unique<Scratch>(vocabulary_.size());
}

void Unigram::Tokenize(std::string_view piece, ModelScratch* model_scratch, TokenSink* sink) const {
  Scratch* scratch = static_cast<Scratch*>(model_scratch);
  if (!sink->wants_ranges() && scratch->cache.Find(piece, sink)) return;
  const size_t first = sink->size();
  FindBestPath(piece, scratch);
  const auto& positions = scratch->positions;
  scratch->path.clear();
  for (uint32_t end = static_cast<uint32_t>(piece.size()); end > 0; end = positions[end].begin) {
    scratch->path.push_back(end);
  }
  // Unknown neighbours become one token. If such a run happens to be a token, it becomes that
  // token.
  size_t unknown_begin = piece.size();
  for (auto end = scratch->path.rbegin(); end != scratch->path.rend(); ++end) {
    const Scratch::Position& position = positions[*end];
    const bool is_unknown = position.id == unknown_id_;
    if (is_unknown) {
      unknown_begin = std::min<size_t>(unknown_begin, position.begin);
    } else {
      sink->Add(position.id, position.begin, *end);
      continue;
    }
    const bool run_ends =
        end + 1 == scratch->path.rend() || positions[*(end + 1)].id != unknown_id_;
    if (!run_ends) continue;
    AddUnknown(piece.substr(unknown_begin, *end - unknown_begin), unknown_begin, sink);
    unknown_begin = piece.size();
  }
  if (!sink->wants_ranges()) scratch->cache.Insert(piece, *sink, first);
  if (scratch->positions.size() > kKeptPositions) {
    LetGoOf(&scratch->positions);
    LetGoOf(&scratch->path);
  }
}

// Scores are summed in double precision and in this order, and only a strictly better way replaces
// an earlier one. So ties go to the token that begins first, as in the reference.
void Unigram::FindBestPath(std::string_view piece, Scratch* scratch) const {
  auto& positions = scratch->positions;
  positions.assign(piece.size() + 1, {});
  const auto offer = [&](size_t begin, size_t end, double score, int32_t id) {
    Scratch::Position& position = positions[end];
    if (position.begin != Scratch::kUnreached && !(score > position.score)) return;
    position = {score, id, static_cast<uint32_t>(begin)};
  };
  for (size_t begin = 0; begin < piece.size();) {
    const size_t next = std::min(CodePointSize(piece[begin]), piece.size() - begin);
    const double score = positions[begin].score;
    bool has_single = false;
    trie_.ForEachPrefix(piece.substr(begin), [&](int32_t id, size_t size) {
      offer(begin, begin + size, score + scores_[static_cast<size_t>(id)], id);
      has_single |= size == next;
    });
    if (!has_single) offer(begin, begin + next, score + unknown_score_, unknown_id_);
    begin += next;
  }
}

void Unigram::AddUnknown(std::string_view run, size_t begin, TokenSink* sink) const {
  const int64_t whole = vocabulary_.Find(run);
  if (whole != Vocabulary::kAbsent) {
    sink->Add(whole, begin, begin + run.size());
    return;
  }
  const auto byte_id = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
  const bool has_all_bytes = std::all_of(
      run.begin(), run.end(), [&](char byte) { return byte_id(byte) != Vocabulary::kAbsent; });
  if (falls_back_to_bytes_ && has_all_bytes) {
    for (const char byte : run) sink->Add(byte_id(byte), begin, begin + run.size());
  } else {
    sink->Add(unknown_id_, begin, begin + run.size());
  }
}

}  // namespace vetor
