#include "tokenizer/pipeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <utility>

#include "base/counted.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "base/utf8_check.h"
#include "os/machine.h"
#include "tokenizer/let_go.h"
#include "tokenizer/models/bpe.h"
#include "tokenizer/pre_tokenizers/bert_pre_tokenizer.h"
#include "tokenizer/text_parts.h"
#include "tokenizer/truncation.h"

namespace vetor {
namespace {

constexpr size_t kNoLimit = static_cast<size_t>(-1);
// How much of its buffers a thread keeps from text to text, and how much of the ids a caller keeps.
constexpr size_t kKeptBytes = 1 << 20;
// From this size on it is worth asking the C library to give free memory back, which takes a
// millisecond.
constexpr size_t kWorthReturning = 32 << 20;
// Shorter texts leave no large buffers behind: buffers grow to at most 64 times the text and a
// megabyte.
constexpr size_t kShortText = 1 << 12;

std::unique_ptr<BertFastPath> MakeFastPath(const Pipeline::Parts& parts) {
  const auto* normalizer = dynamic_cast<const BertNormalizer*>(parts.normalizer.get());
  const auto* model = dynamic_cast<const WordPiece*>(parts.model.get());
  if (normalizer == nullptr || model == nullptr ||
      dynamic_cast<const BertPreTokenizer*>(parts.pre_tokenizer.get()) == nullptr) {
    return nullptr;
  }
  return std::make_unique<BertFastPath>(normalizer->options(), *model,
                                        parts.added_tokens.normalized_contents());
}

// A byte-level BPE does not need its bytes as characters.
void PassBytes(const Pipeline::Parts& parts) {
  auto* model = dynamic_cast<Bpe*>(parts.model.get());
  if (model == nullptr || parts.pre_tokenizer == nullptr || !model->CanReadBytes()) return;
  if (parts.pre_tokenizer->LeaveBytes()) model->ReadBytes();
}

void AppendSpecial(const TemplatePart& part, TokenSequence* out) {
  out->ids.insert(out->ids.end(), part.ids.begin(), part.ids.end());
}

Status Overflow(std::string_view text) {
  return ResourceExhaustedError(fmt::format(
      "this tokenizer's normalizer or pre-tokenizer makes a text of {} bytes more than 64 times as "
      "long; expected at most eleven times; check the replacements in tokenizer.json",
      text.size()));
}

// Stages read whole sequences without looking for the end of the text, and keep places in 32 bits.
Status CheckText(std::string_view text) {
  constexpr uint64_t kTooManyBytes = 1ULL << 32;
  if (text.size() >= kTooManyBytes) {
    return InvalidArgumentError(
        fmt::format("a text has {} bytes; expected less than 4 GiB; divide it", text.size()));
  }
  const size_t invalid = FindInvalidUtf8(text);
  return invalid == kValidUtf8 ? Status() : InvalidUtf8Error("the text", text, invalid);
}

// Whether the parts of a text give the tokens of the whole text (text_parts.h).
bool CanCut(const Pipeline::Parts& parts) {
  return parts.pre_tokenizer != nullptr && parts.pre_tokenizer->CutsBeforeWords() &&
         (parts.normalizer == nullptr || parts.normalizer->KeepsWordsApart()) &&
         !parts.added_tokens.normalized_may_cross_words();
}

}  // namespace

// Lives in the thread that encodes, which has one. A thread that alternates between tokenizers
// builds it anew each time.
struct Pipeline::Scratch {
  uint64_t owner = 0;
  PreTokenized pre_tokenized;
  std::unique_ptr<ModelScratch> model;
  BertFastPath::Scratch fast_path;

  size_t kept_bytes() const {
    return pre_tokenized.text.kept_bytes() + fast_path.word.capacity() +
           (pre_tokenized.pieces.capacity() + pre_tokenized.next_pieces.capacity()) * sizeof(Piece);
  }
};

Pipeline::Pipeline(Parts parts, bool fused) : parts_(std::move(parts)) {
  static std::atomic<uint64_t> next_identity{1};
  identity_ = next_identity++;
  if (fused) {
    fast_path_ = MakeFastPath(parts_);
    PassBytes(parts_);
  }
  needs_origins_ = parts_.pre_tokenizer != nullptr && parts_.pre_tokenizer->NeedsOrigins();
  can_cut_ = CanCut(parts_);
}

Pipeline::Scratch* Pipeline::ThreadScratch() const {
  static thread_local Scratch scratch;
  if (scratch.owner != identity_) {
    scratch.model = parts_.model->NewScratch();
    scratch.owner = identity_;
  }
  return &scratch;
}

// A thread lives longer than its longest text, so it gives large buffers back. (Models free their
// own scratch.)
void Pipeline::LetGoOfLargeBuffers() const {
  Scratch* scratch = ThreadScratch();
  const size_t bytes = scratch->kept_bytes();
  if (bytes <= kKeptBytes) return;
  LetGoOf(&scratch->pre_tokenized);
  LetGoOf(&scratch->fast_path);
  if (bytes > kWorthReturning) ReleaseFreeMemory();
}

Status Pipeline::Encode(std::string_view text, const EncodeOptions& options,
                        TokenSequence* out) const {
  out->Clear();
  VETOR_RETURN_IF_ERROR(CheckText(text));
  const std::vector<TemplatePart>& parts = parts_.post_processor.single();
  const size_t added = options.add_special_tokens ? parts_.post_processor.added_tokens(false) : 0;
  if (options.max_length != 0 && options.max_length < added) {
    return InvalidArgumentError(
        fmt::format("max_length is {}, but the special tokens alone are {}; raise max_length",
                    options.max_length, added));
  }
  const size_t room = options.max_length == 0 ? kNoLimit : options.max_length - added;
  const bool keep_end = options.keep_end.value_or(parts_.keep_end);
  bool has_types = false;
  for (const TemplatePart& part : parts) {
    if (part.kind == TemplatePart::Kind::kSpecial) {
      if (options.add_special_tokens) AppendSpecial(part, out);
    } else {
      VETOR_RETURN_IF_ERROR(AppendText(text, room, keep_end, out));
    }
    has_types |= part.type_id != 0;
    out->type_ids.resize(out->ids.size(), part.type_id);
  }
  if (!has_types) out->type_ids.clear();
  return Status();
}

// Appends at most `room` tokens of `text`, its first or its last ones.
Status Pipeline::AppendText(std::string_view text, size_t room, bool keep_end,
                            TokenSequence* out) const {
  TokenSink sink(&out->ids, nullptr);
  const size_t before = out->ids.size();
  const size_t limit = room == kNoLimit || keep_end ? kNoLimit : before + room;
  VETOR_RETURN_IF_ERROR(Tokenize(text, limit, &sink));
  if (room == kNoLimit || sink.size() <= before + room) return Status();
  const size_t whole = sink.size();
  if (keep_end) {
    const auto begin = out->ids.begin() + static_cast<ptrdiff_t>(before);
    out->ids.erase(begin, begin + static_cast<ptrdiff_t>(whole - before - room));
  } else {
    sink.Truncate(before + room);
  }
  out->truncated = true;
  // One word may have become a million tokens.
  if ((whole - out->ids.size()) * sizeof(int64_t) > kKeptBytes) out->ids.shrink_to_fit();
  return Status();
}

// Appends the tokens of `text`; may stop once the sink holds more than `limit`.
Status Pipeline::Tokenize(std::string_view text, size_t limit, TokenSink* sink) const {
  AddedTokenMatcher::Cursor cursor(parts_.added_tokens.raw(), text);
  AddedTokenMatcher::Segment segment;
  Status status;
  while (status.ok() && sink->size() <= limit && cursor.Next(&segment)) {
    if (segment.token != nullptr) {
      sink->Add(segment.token->id, segment.begin, segment.end);
    } else {
      status = TokenizeSegment(text.substr(segment.begin, segment.end - segment.begin),
                               segment.begin, limit, sink);
    }
  }
  if (text.size() > kShortText) LetGoOfLargeBuffers();
  return status;
}

Status Pipeline::TokenizeSegment(std::string_view text, size_t offset, size_t limit,
                                 TokenSink* sink) const {
  if (fast_path_ != nullptr && !sink->wants_ranges()) {
    const size_t before = sink->size();
    if (fast_path_->Tokenize(text, limit, &ThreadScratch()->fast_path, sink)) return Status();
    sink->Truncate(before);
  }
  while (can_cut_ && text.size() > least_part) {
    const size_t end = FirstPartEnd(text, least_part);
    if (end == text.size()) break;
    VETOR_RETURN_IF_ERROR(RunStages(text.substr(0, end), offset, limit, sink));
    if (sink->size() > limit) return Status();
    text.remove_prefix(end);
    offset += end;
  }
  return RunStages(text, offset, limit, sink);
}

// Runs the normalizer, the search for added tokens in the normalized text, the pre-tokenizer and
// the model.
Status Pipeline::RunStages(std::string_view text, size_t offset, size_t limit,
                           TokenSink* sink) const {
  Scratch* scratch = ThreadScratch();
  PreTokenized& pre_tokenized = scratch->pre_tokenized;
  pre_tokenized.text.Reset(text, needs_origins_ || sink->wants_ranges(), offset);
  if (parts_.normalizer != nullptr) parts_.normalizer->Apply(&pre_tokenized.text);
  if (pre_tokenized.text.has_overflowed()) return Overflow(text);
  VETOR_RETURN_IF_ERROR(pre_tokenized.text.status());
  FindNormalizedTokens(&pre_tokenized);
  if (parts_.pre_tokenizer != nullptr) parts_.pre_tokenizer->Apply(&pre_tokenized);
  if (pre_tokenized.text.has_overflowed()) return Overflow(text);
  VETOR_RETURN_IF_ERROR(pre_tokenized.text.status());

  const std::string_view normalized = pre_tokenized.text.view();
  for (const Piece& piece : pre_tokenized.pieces) {
    if (sink->size() > limit) return Status();
    const size_t before = sink->size();
    if (piece.is_token()) {
      sink->Add(piece.token, 0, piece.end - piece.begin);
    } else {
      parts_.model->Tokenize(normalized.substr(piece.begin, piece.end - piece.begin),
                             scratch->model.get(), sink);
    }
    if (sink->wants_ranges()) sink->MoveToOrigin(before, piece.begin, pre_tokenized.text);
  }
  return Status();
}

void Pipeline::FindNormalizedTokens(PreTokenized* pre_tokenized) const {
  pre_tokenized->pieces.clear();
  AddedTokenMatcher::Cursor cursor(parts_.added_tokens.normalized(), pre_tokenized->text.view());
  AddedTokenMatcher::Segment segment;
  while (cursor.Next(&segment)) {
    const int64_t token = segment.token == nullptr ? Piece::kNoToken : segment.token->id;
    pre_tokenized->pieces.push_back({segment.begin, segment.end, token});
  }
}

Result<Encoding> Pipeline::TokenizeWhole(std::string_view text, int64_t type_id,
                                         bool offsets) const {
  Encoding encoding;
  std::vector<ByteRange> ranges;
  TokenSink sink(&encoding.ids, offsets ? &ranges : nullptr);
  VETOR_RETURN_IF_ERROR(Tokenize(text, kNoLimit, &sink));
  for (const ByteRange& range : ranges) encoding.offsets.push_back({range.begin, range.end});
  encoding.type_ids.assign(encoding.ids.size(), type_id);
  encoding.special_tokens_mask.assign(encoding.ids.size(), 0);
  return encoding;
}

void Pipeline::TrimPlaces(std::string_view text, Encoding* encoding) const {
  const TokenText token_text = [&](int64_t id, TokenOffsets range) {
    // An added token may have taken whitespace with it.
    if (parts_.added_tokens.FindById(id) != nullptr) {
      return text.substr(range.begin, range.end - range.begin);
    }
    return parts_.model->vocabulary().Token(id);
  };
  for (const RangeTrim& trim : parts_.post_processor.range_trims()) {
    TrimRanges(trim, text, token_text, encoding);
  }
}

Result<Encoding> Pipeline::EncodeWindows(std::string_view text,
                                         std::optional<std::string_view> pair,
                                         const WindowOptions& options) const {
  if (options.truncation) {
    VETOR_RETURN_IF_ERROR(
        CheckStride(*options.truncation, parts_.post_processor.added_tokens(false)));
  }
  VETOR_RETURN_IF_ERROR(CheckText(text));
  if (pair) VETOR_RETURN_IF_ERROR(CheckText(*pair));
  EncodedTexts texts;
  VETOR_ASSIGN_OR_RETURN(texts.first, TokenizeWhole(text, 0, options.offsets));
  if (pair) {
    VETOR_ASSIGN_OR_RETURN(texts.second, TokenizeWhole(*pair, 1, options.offsets));
  }
  if (options.truncation) {
    const size_t added =
        options.add_special_tokens ? parts_.post_processor.added_tokens(pair.has_value()) : 0;
    VETOR_RETURN_IF_ERROR(Truncate(*options.truncation, added, &texts));
  }
  TrimPlaces(text, &texts.first);
  if (pair) TrimPlaces(*pair, &*texts.second);
  return ApplyTemplate(pair ? parts_.post_processor.pair() : parts_.post_processor.single(),
                       options.add_special_tokens, options.offsets, texts);
}

Status Pipeline::FilesUnchanged() const {
  return parts_.tables ? parts_.tables->Unchanged() : Status();
}

Result<std::string_view> Pipeline::DecodedToken(std::span<const int64_t> ids, size_t at) const {
  const int64_t id = ids[at];
  if (const AddedToken* added = parts_.added_tokens.FindById(id)) {
    return std::string_view(added->content);
  }
  if (parts_.model->vocabulary().Contains(id)) return parts_.model->vocabulary().Token(id);
  return InvalidArgumentError(fmt::format(
      "id {} at position {} of {} is not in the vocabulary, whose {} tokens have ids from 0 to {}; "
      "pass ids of this tokenizer",
      id, at, Counted(ids.size(), "id"), vocabulary_size(), id_bound() - 1));
}

Result<std::string> Pipeline::Decode(std::span<const int64_t> ids, bool skip_special_tokens) const {
  // Real decoders stay below twice: a space per token, or U+FFFD for a byte that two bytes stand
  // for.
  constexpr size_t kMostGrowth = 8;
  VETOR_RETURN_IF_ERROR(parts_.decoder_status);
  DecodedParts parts;
  parts.strings.reserve(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    VETOR_ASSIGN_OR_RETURN(const std::string_view token, DecodedToken(ids, i));
    if (skip_special_tokens && parts_.added_tokens.WasSpecial(token)) continue;
    parts.strings.emplace_back(token);
    parts.most_bytes += (token.size() + 1) * kMostGrowth;
  }
  if (parts_.decoder == nullptr) return fmt::format("{}", fmt::join(parts.strings, " "));
  VETOR_RETURN_IF_ERROR(parts_.decoder->Apply(&parts));
  return fmt::format("{}", fmt::join(parts.strings, ""));
}

std::optional<int64_t> Pipeline::TokenToId(std::string_view token) const {
  if (const AddedToken* added = parts_.added_tokens.Find(token)) return added->id;
  const int64_t id = parts_.model->vocabulary().Find(token);
  return id == Vocabulary::kAbsent ? std::nullopt : std::optional<int64_t>(id);
}

std::string_view Pipeline::IdToToken(int64_t id) const {
  if (const AddedToken* added = parts_.added_tokens.FindById(id)) return added->content;
  return parts_.model->vocabulary().Token(id);
}

size_t Pipeline::vocabulary_size() const {
  return parts_.model->vocabulary().size() + parts_.added_tokens.new_tokens();
}

int64_t Pipeline::id_bound() const {
  auto bound = static_cast<int64_t>(parts_.model->vocabulary().id_bound());
  for (const AddedToken& token : parts_.added_tokens.tokens()) {
    bound = std::max(bound, token.id + 1);
  }
  return bound;
}

}  // namespace vetor
