#include "encoder/recogniser/place_rules.h"

#include <limits>
#include <utility>

#include "encoder/recogniser/pooling_rules.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {
namespace {

constexpr int64_t kOfToken = 0;     // A place is that of a token, `token_weight`.
constexpr int64_t kBehindLast = 1;  // How many places lie behind the last token.
constexpr int64_t kUpToLast = 2;    // How many places lie up to the last token.
constexpr int64_t kLastColumn = 3;  // The last place of all, of a token or of padding.

bool IsPlace(const Symbol* symbol, int64_t what) {
  return symbol != nullptr && symbol->kind == Kind::kTextPlace && symbol->low == what;
}

// A mask [batch, tokens], as it is or flipped.
bool IsPlainMask(const Symbol* symbol) {
  return symbol != nullptr && (symbol->kind == Kind::kFlippedMask || IsPresence(*symbol)) &&
         symbol->shape == Shape{kBatchExtent, kTokensExtent};
}

bool IsSize(const Symbol& symbol, const Extent& extent) {
  return symbol.kind == Kind::kSizes && symbol.shape.size() <= 1 && symbol.sizes.size() == 1 &&
         symbol.sizes[0] == extent;
}

}  // namespace

const Symbol* FlipMask(NodeCall& call) {
  const Symbol* mask = call.in(0);
  const std::vector<int64_t> back = {-1};
  const auto end = call.Numbers(2);
  const auto axes = call.Numbers(3);
  const bool known = IsPlainMask(mask) && IsPresence(*mask) && call.Only({}).ok() &&
                     call.Numbers(1) == back && call.Numbers(4) == back && end &&
                     end->size() == 1 && (*end)[0] <= std::numeric_limits<int64_t>::min() + 1 &&
                     axes && axes->size() == 1 && NodeCall::Axis((*axes)[0], 2) == size_t{1};
  if (!known) return nullptr;
  return call.New({.kind = Kind::kFlippedMask, .shape = mask->shape});
}

const Symbol* FirstPlace(NodeCall& call) {
  const Symbol* mask = call.in(0);
  const bool known =
      IsPlainMask(mask) && call.Only({"axis", "keepdims", "select_last_index"}).ok() &&
      NodeCall::Axis(call.Int("axis").value_or(0), 2) == size_t{1} &&
      call.Int("keepdims").value_or(1) == 0 && call.Int("select_last_index").value_or(0) == 0;
  if (!known) return nullptr;
  const bool flipped = mask->kind == Kind::kFlippedMask;
  return call.New({.kind = Kind::kTextPlace,
                   .shape = {kBatchExtent},
                   .low = flipped ? kBehindLast : kOfToken,
                   .token_weight = flipped ? TokenWeight::kLast : TokenWeight::kFirst});
}

const Symbol* AnyToken(NodeCall& call) {
  const std::optional<size_t> axis = ReducedAxis(call, 18);
  if (!IsPlainMask(call.in(0)) || axis != size_t{1} || call.Int("keepdims").value_or(1) != 0) {
    return nullptr;
  }
  Symbol any{.kind = Kind::kChoice, .shape = {kBatchExtent}};
  any.mask.yes = any.mask.no = 1;
  return call.New(std::move(any));
}

const Symbol* LastColumn(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (!IsSize(a, kTokensExtent) || !IsSize(b, Extent())) return nullptr;
  return call.New({.kind = Kind::kTextPlace, .shape = a.shape, .low = kLastColumn});
}

const Symbol* ChooseIfEmpty(NodeCall& call) {
  const Symbol* empty = call.in(0);
  const Symbol* place = call.in(2);
  const bool never = empty != nullptr && empty->kind == Kind::kChoice && empty->mask.yes == 0 &&
                     empty->mask.no == 0 && empty->shape == Shape{kBatchExtent};
  const bool known = never && call.Only({}).ok() && IsPlace(place, kBehindLast) &&
                     IsPlace(call.in(1), kLastColumn) && call.in(1)->shape.empty();
  return known ? place : nullptr;
}

const Symbol* CountFromFront(NodeCall& call) {
  const Symbol* a = call.in(0);
  const Symbol* b = call.in(1);
  if (a == nullptr || b == nullptr || !call.Only({}).ok()) return nullptr;
  if (IsSize(*a, kTokensExtent) && IsPlace(b, kBehindLast)) {
    Symbol count = *b;
    count.low = kUpToLast;
    return call.New(std::move(count));
  }
  if (!IsPlace(a, kUpToLast) || !IsSize(*b, Extent())) return nullptr;
  Symbol last = *a;
  last.low = kOfToken;
  return call.New(std::move(last));
}

const Symbol* UnsqueezePlace(NodeCall& call) {
  if (!IsPlace(call.in(0), kOfToken) || !call.Only({"axes"}).ok()) return nullptr;
  Symbol place = *call.in(0);
  const auto axes = call.Axes(13, 1, place.shape.size() + 1);
  if (!axes || axes->size() != 1 || axes->front() == 0) return nullptr;
  place.shape.insert(place.shape.begin() + static_cast<std::ptrdiff_t>(axes->front()), Extent());
  return call.New(std::move(place));
}

const Symbol* ExpandPlace(NodeCall& call) {
  if (!IsPlace(call.in(0), kOfToken) || !call.is(1, Kind::kSizes) || !call.Only({}).ok()) {
    return nullptr;
  }
  Symbol place = *call.in(0);
  const std::optional<Shape> target = Broadcast(place.shape, call.in(1)->sizes);
  if (!target || target->size() != place.shape.size()) return nullptr;
  place.shape = *target;
  return call.New(std::move(place));
}

const Symbol* TakePlace(NodeCall& call) {
  const Symbol* tokens = call.in(0);
  const Symbol* place = call.in(1);
  if (tokens == nullptr || !IsPlace(place, kOfToken) || !call.Only({"axis"}).ok()) return nullptr;
  // Times the mask, which is 1 there.
  if (tokens->kind == Kind::kWeightedTokens && tokens->token_weight == TokenWeight::kOne) {
    tokens = tokens->of;
  }
  const bool fits = IsTokenVectors(*tokens) && tokens->type == WeightType::kFloat32 &&
                    NodeCall::Axis(call.Int("axis").value_or(0), 3) == size_t{1} &&
                    place->shape == Shape{kBatchExtent, Extent(), tokens->shape.back()};
  if (!fits) return nullptr;
  Symbol text{.kind = Kind::kText, .shape = place->shape, .of = tokens};
  const bool first = place->token_weight == TokenWeight::kFirst;
  text.pooling.modes = {first ? PoolingMode::kCls : PoolingMode::kLastToken};
  return call.New(std::move(text));
}

}  // namespace vetor::recogniser
