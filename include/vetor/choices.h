// The choices that settings and options have, each an enumeration with its names in one table.
//
//   config.model.on_long = vetor::OnLong::kWindow;
//   vetor::ToString(vetor::Precision::kInt8);                         // "int8"
//   auto precision = vetor::Parse<vetor::Precision>(text, "precision");
//   if (!precision.ok()) return Fail(precision.status());             // it lists the names
//
// The names are those of config.json, flags, environment variables and Python. Everything here is
// immutable and safe from any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// What computes vectors.
enum class BackendKind {
  kHashing,  ///< Hashes of words and word pairs; needs no model and knows only spelling.
  kOnnx,     ///< A model.
};

/// What happens if a model cannot start.
enum class Fallback {
  kHashing,  ///< The service opens on hashing and says so everywhere.
  kError,    ///< The service does not open.
};

/// What runs a model.
enum class Runtime {
  kAuto,         ///< vetor's own kernels for a model that they know, ONNX Runtime for other graphs.
  kNative,       ///< vetor's own kernels.
  kOnnxRuntime,  ///< ONNX Runtime, which needs a graph.
};

/// Arithmetic of a model. A precision that the model cannot give is an error, never a silent
/// substitute.
enum class Precision {
  kAuto,  ///< As the model's file is.
  kFp32,
  kFp16,
  kInt8,
  kBf16,  ///< vetor's own kernels, from fp32 weights: products of values rounded to bfloat16.
};

/// What becomes of a text that has more tokens than the model takes. A text that fits has the same
/// vector in all three.
enum class OnLong {
  kTruncate,  ///< Its end is ignored (or its beginning: TruncationSide), and the text is counted.
  kError,     ///< The call is refused; the error names the text.
  kWindow,    ///< It is cut into windows that overlap by an eighth; its vector is the mean of
              ///< theirs, weighted by their tokens, and normalised.
};

/// Which end of a text that is too long is cut; special tokens stay.
enum class TruncationSide {
  kRight,  ///< The text keeps its beginning.
  kLeft,   ///< The text keeps its end.
};

/// The modes of sentence-transformers' Pooling module, in the order in which its old boolean keys
/// (`pooling_mode_cls_token`, ...) concatenate.
enum class PoolingMode { kCls, kMax, kMean, kMeanSqrtLen, kWeightedMean, kLastToken };

/// What a call does if the queue has no room for its texts.
enum class WhenFull {
  kWait,    ///< It waits for room.
  kRefuse,  ///< It ends with RESOURCE_EXHAUSTED.
};

/// Where an export puts the graphs.
enum class ExportLayout {
  kRoot,  ///< At the top of the folder.
  kHub,   ///< In onnx/, as transformers.js wants it.
};

/// How an int8 graph scales its activations.
enum class QuantizeScheme {
  kPerRow,     ///< A scale and zero point per token: a vector does not depend on its batch.
  kPerTensor,  ///< DynamicQuantizeLinear, which ONNX Runtime fuses: faster, batch-dependent.
};

/// Where a benchmark's texts are when it asks for them.
enum class CacheState {
  kCold,    ///< Nowhere: all are computed.
  kMemory,  ///< In the cache in memory.
  kDisk,    ///< In the cache on disk.
};

/// What `vetor serve` does with token ids in place of texts.
enum class TokenIdInput {
  kRefuse,
  kModel,  ///< Takes those that the model's own tokenizer gives for a text.
};

template <typename E>
struct Choice {
  E value;
  std::string_view name;
};

/// The table of an enumeration: each value once, in the order of the enumeration.
template <typename E>
struct ChoicesOf;
template <>
struct ChoicesOf<BackendKind> {
  static constexpr Choice<BackendKind> kAll[] = {{BackendKind::kHashing, "hashing"},
                                                 {BackendKind::kOnnx, "onnx"}};
};
template <>
struct ChoicesOf<Fallback> {
  static constexpr Choice<Fallback> kAll[] = {{Fallback::kHashing, "hashing"},
                                              {Fallback::kError, "error"}};
};
template <>
struct ChoicesOf<Runtime> {
  static constexpr Choice<Runtime> kAll[] = {{Runtime::kAuto, "auto"},
                                             {Runtime::kNative, "native"},
                                             {Runtime::kOnnxRuntime, "onnxruntime"}};
};
template <>
struct ChoicesOf<Precision> {
  static constexpr Choice<Precision> kAll[] = {{Precision::kAuto, "auto"},
                                               {Precision::kFp32, "fp32"},
                                               {Precision::kFp16, "fp16"},
                                               {Precision::kInt8, "int8"},
                                               {Precision::kBf16, "bf16"}};
};
template <>
struct ChoicesOf<OnLong> {
  static constexpr Choice<OnLong> kAll[] = {
      {OnLong::kTruncate, "truncate"}, {OnLong::kError, "error"}, {OnLong::kWindow, "window"}};
};
template <>
struct ChoicesOf<TruncationSide> {
  static constexpr Choice<TruncationSide> kAll[] = {{TruncationSide::kRight, "right"},
                                                    {TruncationSide::kLeft, "left"}};
};
template <>
struct ChoicesOf<PoolingMode> {
  static constexpr Choice<PoolingMode> kAll[] = {
      {PoolingMode::kCls, "cls"},
      {PoolingMode::kMax, "max"},
      {PoolingMode::kMean, "mean"},
      {PoolingMode::kMeanSqrtLen, "mean_sqrt_len_tokens"},
      {PoolingMode::kWeightedMean, "weightedmean"},
      {PoolingMode::kLastToken, "lasttoken"}};
};
template <>
struct ChoicesOf<WhenFull> {
  static constexpr Choice<WhenFull> kAll[] = {{WhenFull::kWait, "wait"},
                                              {WhenFull::kRefuse, "refuse"}};
};
template <>
struct ChoicesOf<ExportLayout> {
  static constexpr Choice<ExportLayout> kAll[] = {{ExportLayout::kRoot, "root"},
                                                  {ExportLayout::kHub, "hub"}};
};
template <>
struct ChoicesOf<QuantizeScheme> {
  static constexpr Choice<QuantizeScheme> kAll[] = {{QuantizeScheme::kPerRow, "per-row"},
                                                    {QuantizeScheme::kPerTensor, "per-tensor"}};
};
template <>
struct ChoicesOf<TokenIdInput> {
  static constexpr Choice<TokenIdInput> kAll[] = {{TokenIdInput::kRefuse, "refuse"},
                                                  {TokenIdInput::kModel, "model"}};
};
template <>
struct ChoicesOf<CacheState> {
  static constexpr Choice<CacheState> kAll[] = {
      {CacheState::kCold, "cold"}, {CacheState::kMemory, "memory"}, {CacheState::kDisk, "disk"}};
};

/// An enumeration that has a table above.
template <typename E>
concept NamedChoice = requires {
  ChoicesOf<E>::kAll;
};

/// The value's name in its table.
template <NamedChoice E>
constexpr std::string_view ToString(E value) {
  for (const Choice<E>& choice : ChoicesOf<E>::kAll) {
    if (choice.value == value) return choice.name;
  }
  return "";
}

/// All names of an enumeration, in its order: for help texts and checks.
template <NamedChoice E>
std::vector<std::string> NamesOf() {
  std::vector<std::string> names;
  for (const Choice<E>& choice : ChoicesOf<E>::kAll) names.emplace_back(choice.name);
  return names;
}

/// INVALID_ARGUMENT: `what` is `text`, expected one of `names`.
Status UnknownChoiceError(std::string_view what, std::string_view text,
                          std::span<const std::string> names);

/// The value of that name. Errors: INVALID_ARGUMENT for another name; it says `what` was read (a
/// setting, an option) and lists the names.
template <NamedChoice E>
Result<E> Parse(std::string_view text, std::string_view what) {
  for (const Choice<E>& choice : ChoicesOf<E>::kAll) {
    if (choice.name == text) return choice.value;
  }
  return UnknownChoiceError(what, text, NamesOf<E>());
}

/// The values of all names, in their order. Errors: as Parse.
template <NamedChoice E>
Result<std::vector<E>> ParseAll(std::span<const std::string> texts, std::string_view what) {
  std::vector<E> values;
  for (const std::string& text : texts) {
    Result<E> value = Parse<E>(text, what);
    if (!value.ok()) return value.status();
    values.push_back(*value);
  }
  return values;
}

}  // namespace vetor
