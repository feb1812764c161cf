#include "encoder/families/weight_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/terminal_text.h"
#include "base/utf8.h"
#include "encoder/families/family.h"

namespace vetor {
namespace {

// Prefixes that may stand before a tensor's own name: the name that a task model has for its
// encoder, and those that programs add when they train or save a model (DataParallel,
// torch.compile, a pickled SentenceTransformer).
constexpr std::array<std::string_view, 12> kPrefixes = {
    "bert.",           "roberta.", "distilbert.", "mpnet.",     "new.", "model.",
    "language_model.", "encoder.", "module.",     "_orig_mod.", "0.",   "auto_model."};

bool IsPrefix(std::string_view text) {
  while (!text.empty()) {
    const auto part =
        std::find_if(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
    if (part == kPrefixes.end()) return false;
    text.remove_prefix(part->size());
  }
  return true;
}

struct ActivationName {
  std::string_view name;
  Activation activation;
};

// Names of transformers' ACT2FN.
constexpr std::array kActivations = {
    ActivationName{"gelu", Activation::kGelu},
    ActivationName{"gelu_new", Activation::kGeluTanh},
    ActivationName{"gelu_fast", Activation::kGeluTanh},
    ActivationName{"gelu_pytorch_tanh", Activation::kGeluTanh},
    ActivationName{"relu", Activation::kRelu},
    ActivationName{"silu", Activation::kSilu},
    ActivationName{"swish", Activation::kSilu},
    ActivationName{"quick_gelu", Activation::kQuickGelu},
};

constexpr size_t kMaxShownBytes = 120;

// A file can claim any number. Sizes must be positive and are bounded so that sums and small
// multiples of them fit into an int; the largest supported models stay far below the bounds.
struct Bounds {
  std::string_view key;
  int low;
  int high;
};
constexpr Bounds kSizes = {"", 1, 1 << 20};
constexpr std::array kBounds = {
    Bounds{"vocab_size", 1, 1 << 24},
    Bounds{"pad_token_id", 0, 1 << 24},
    Bounds{"type_vocab_size", 0, 1 << 20},
    Bounds{"num_hidden_layers", 0, 1 << 14},
    Bounds{"n_layers", 0, 1 << 14},
    Bounds{"n_layer", 0, 1 << 14},
    Bounds{"head_dim", 1, 1 << 16},
    // These numbers are only compared and written; they are never the size of an allocation.
    Bounds{"max_position_embeddings", 1, 1 << 30},
    Bounds{"n_positions", 1, 1 << 30},
    Bounds{"max_trained_positions", 1, 1 << 30},
    Bounds{"sliding_window", 0, 1 << 30},
    Bounds{"local_attention", 0, 1 << 30},
    Bounds{"sliding_window_pattern", 0, 1 << 20},
    Bounds{"global_attn_every_n_layers", 0, 1 << 20},
    Bounds{"pad_vocab_size_multiple", 0, 1 << 20},
    // The logarithm of a distance by a quarter of the buckets, up to a distance of 128.
    Bounds{"relative_attention_num_buckets", 4, 511},
};
constexpr int64_t kMaxRows = 1 << 28;

const Bounds& BoundsOf(std::string_view key) {
  for (const Bounds& bounds : kBounds) {
    if (bounds.key == key) return bounds;
  }
  return kSizes;
}

std::string ShapeText(const std::vector<uint64_t>& shape) {
  std::string text = "[";
  for (const uint64_t size : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}

std::vector<uint64_t> Shape(int rows, int columns) {
  return {static_cast<uint64_t>(rows), static_cast<uint64_t>(columns)};
}

}  // namespace

std::string Shown(const boost::json::value& value) {
  std::string text = boost::json::serialize(value);
  if (text.size() <= kMaxShownBytes) return text;
  return ReplaceInvalidUtf8(text.substr(0, kMaxShownBytes)) + "...";
}

WeightReader::WeightReader(const Checkpoint& checkpoint, std::string_view marker)
    : checkpoint_(checkpoint) {
  std::optional<std::string> shortest;
  for (const std::string& name : checkpoint.names()) {
    if (!name.ends_with(marker)) continue;
    const std::string prefix = name.substr(0, name.size() - marker.size());
    if (!IsPrefix(prefix) || (shortest && shortest->size() <= prefix.size())) continue;
    shortest = prefix;
  }
  if (shortest) {
    prefix_ = *std::move(shortest);
    return;
  }
  Fail(
      NotFoundError("no tensor " + std::string(marker) + " among the " +
                    std::to_string(checkpoint.names().size()) +
                    " of the checkpoint, with or without a prefix as \"bert.\" or \"module.\": its "
                    "config.json names another architecture than its weights have; take both "
                    "from one revision of the model, or save it again with save_pretrained"));
}

void WeightReader::Fail(Status status) {
  if (!status_.ok()) return;
  status_ = std::move(status);
  if (status_.code() == StatusCode::kUnimplemented) {
    status_ = UnimplementedError(status_.message() + "; " + kUseGraphOfAuthors);
  }
}

const boost::json::value* WeightReader::Find(std::string_view key) const {
  const boost::json::value* value = checkpoint_.config().if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

double WeightReader::Number(std::string_view key, std::optional<double> otherwise, Range range) {
  const boost::json::value* value = Find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value != nullptr && value->is_number()) {
    const auto number = value->to_number<double>();
    if (number >= range.low && number <= range.high) return number;
  }
  Fail(InvalidArgumentError(
      fmt::format("config.json: \"{}\" is {}, expected a number from {} to {}", key,
                  value == nullptr ? "missing" : Shown(*value), range.low, range.high)));
  return otherwise.value_or(range.low);
}

int WeightReader::Int(std::string_view key, std::optional<int> otherwise) {
  const Bounds& bounds = BoundsOf(key);
  const boost::json::value* value = Find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value != nullptr && value->is_number()) {
    const auto number = value->to_number<double>();
    if (number == std::floor(number) && number >= bounds.low && number <= bounds.high) {
      return static_cast<int>(number);
    }
  }
  Fail(InvalidArgumentError(
      fmt::format("config.json: \"{}\" is {}, expected a whole number from {} to {}", key,
                  value == nullptr ? "missing" : Shown(*value), bounds.low, bounds.high)));
  return bounds.low;
}

int WeightReader::Product(int a, int b) {
  const int64_t product = int64_t{a} * int64_t{b};
  if (product >= 0 && product <= kMaxRows) return static_cast<int>(product);
  Fail(InvalidArgumentError(
      fmt::format("config.json: {} times {} is {}, expected at most {} rows of a tensor", a, b,
                  product, kMaxRows)));
  return 1;
}

bool WeightReader::Flag(std::string_view key, bool otherwise) {
  const boost::json::value* value = Find(key);
  if (value == nullptr) return otherwise;
  if (value->is_bool()) return value->get_bool();
  Fail(InvalidArgumentError("config.json: \"" + std::string(key) + "\" is " + Shown(*value) +
                            ", expected true or false"));
  return otherwise;
}

std::string WeightReader::Text(std::string_view key, std::string_view otherwise) {
  const boost::json::value* value = Find(key);
  if (value == nullptr) return std::string(otherwise);
  if (value->is_string()) return std::string(value->get_string());
  Fail(InvalidArgumentError("config.json: \"" + std::string(key) + "\" is " + Shown(*value) +
                            ", expected a string"));
  return std::string(otherwise);
}

Activation WeightReader::ReadActivation(std::string_view key, std::string_view otherwise) {
  const std::string name = Text(key, otherwise);
  std::string known;
  for (const ActivationName& entry : kActivations) {
    if (entry.name == name) return entry.activation;
    known += known.empty() ? "" : ", ";
    known += entry.name;
  }
  Fail(UnimplementedError("config.json: activation " + Quoted(name) + " (\"" + std::string(key) +
                          "\") is not known; expected one of " + known));
  return Activation::kGelu;
}

int WeightReader::HeadDim(int hidden, int heads) {
  if (heads > 0 && hidden % heads == 0) return hidden / heads;
  Fail(InvalidArgumentError("config.json: hidden size " + std::to_string(hidden) +
                            " does not divide into " + std::to_string(heads) + " attention heads"));
  return 1;
}

void WeightReader::Require(std::string_view key, const boost::json::value& expected) {
  const boost::json::value* value = Find(key);
  if (value == nullptr || *value == expected) return;
  Fail(UnimplementedError("config.json: \"" + std::string(key) + "\" is " + Shown(*value) +
                          "; only " + Shown(expected) + " can be exported"));
}

bool WeightReader::Has(std::string_view name) const {
  return checkpoint_.Find(prefix_ + std::string(name)) != nullptr;
}

TensorView WeightReader::Tensor(const std::string& name, const std::vector<uint64_t>& shape) {
  if (!status_.ok()) return {};
  const TensorView* tensor = checkpoint_.Find(prefix_ + name);
  if (tensor == nullptr) {
    const std::string dtype = checkpoint_.OtherDtype(prefix_ + name);
    if (!dtype.empty()) {
      Fail(UnimplementedError("tensor " + Quoted(prefix_ + name) + " has dtype " + Quoted(dtype) +
                              ", expected F32, F16, BF16 or F64: the weights are quantised, or the "
                              "file is damaged; download it again"));
      return {};
    }
    Fail(NotFoundError("the checkpoint has no tensor " + prefix_ + name +
                       ", which its config.json asks for; take config.json and the weights from "
                       "one revision of the model, or save the whole model again with "
                       "save_pretrained"));
    return {};
  }
  if (tensor->shape != shape) {
    Fail(InvalidArgumentError("tensor " + Quoted(tensor->name) + " has the shape " +
                              ShapeText(tensor->shape) + "; by config.json it is " +
                              ShapeText(shape)));
    return {};
  }
  return *tensor;
}

Bias WeightReader::FlaggedBias(std::string_view key, bool otherwise) {
  return Flag(key, otherwise) ? Bias::kNeeded : Bias::kNone;
}

LinearWeights WeightReader::Linear(const std::string& name, int out, int in, Bias bias) {
  LinearWeights linear;
  linear.weight = Tensor(name + ".weight", Shape(out, in));
  if (bias == Bias::kNone) return linear;
  linear.bias = Tensor(name + ".bias", {static_cast<uint64_t>(out)});
  return linear;
}

NormWeights WeightReader::LayerNorm(const std::string& name, int features, double epsilon,
                                    Bias bias) {
  NormWeights norm;
  norm.epsilon = epsilon;
  const std::vector<uint64_t> shape = {static_cast<uint64_t>(features)};
  // A file that was converted may hold both; the newer names have the current values.
  const bool early = Has(name + ".gamma") && !Has(name + ".weight");
  norm.weight = Tensor(name + (early ? ".gamma" : ".weight"), shape);
  if (bias == Bias::kNeeded) norm.bias = Tensor(name + (early ? ".beta" : ".bias"), shape);
  return norm;
}

NormWeights WeightReader::RmsNorm(const std::string& name, int features, double epsilon) {
  NormWeights norm = LayerNorm(name, features, epsilon, Bias::kNone);
  norm.kind = NormKind::kRmsNorm;
  return norm;
}

LinearWeights WeightReader::LinearRows(const LinearWeights& fused, int begin, int out) {
  LinearWeights part;
  const auto take = [&](const TensorView& from, TensorView* to) {
    if (from.empty() || !status_.ok()) return;
    auto rows = Rows(from, static_cast<uint64_t>(begin),
                     static_cast<uint64_t>(begin) + static_cast<uint64_t>(out));
    if (!rows.ok()) return Fail(rows.status());
    *to = *std::move(rows);
  };
  take(fused.weight, &part.weight);
  take(fused.bias, &part.bias);
  return part;
}

}  // namespace vetor
