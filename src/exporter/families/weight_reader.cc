#include "exporter/families/weight_reader.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace vetor {
namespace {

constexpr std::array kPrefixes = {"",     "bert.",  "roberta.",        "distilbert.", "mpnet.",
                                  "new.", "model.", "language_model.", "encoder."};

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

WeightReader::WeightReader(const Checkpoint& checkpoint, std::string_view probe)
    : checkpoint_(checkpoint) {
  for (const char* prefix : kPrefixes) {
    if (checkpoint.Find(prefix + std::string(probe)) != nullptr) {
      prefix_ = prefix;
      return;
    }
  }
  Fail(NotFoundError("no tensor " + std::string(probe) + " among the " +
                     std::to_string(checkpoint.names().size()) +
                     " of the checkpoint, with or without a prefix as \"bert.\"; its config.json "
                     "names another architecture than its weights have"));
}

void WeightReader::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

const boost::json::value* WeightReader::Find(std::string_view key) const {
  const boost::json::value* value = checkpoint_.config().if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

double WeightReader::Number(std::string_view key, std::optional<double> otherwise) {
  const boost::json::value* value = Find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value != nullptr && value->is_number()) return value->to_number<double>();
  Fail(InvalidArgumentError("config.json: \"" + std::string(key) + "\" is " +
                            (value == nullptr ? "missing" : boost::json::serialize(*value)) +
                            ", expected a number"));
  return 0;
}

int WeightReader::Int(std::string_view key, std::optional<int> otherwise) {
  const double number = Number(key, otherwise ? std::optional<double>(*otherwise) : std::nullopt);
  if (number == std::floor(number) && number >= 0 && number <= 1 << 30) {
    return static_cast<int>(number);
  }
  Fail(InvalidArgumentError("config.json: \"" + std::string(key) + "\" is " +
                            std::to_string(number) + ", expected a whole number"));
  return 0;
}

bool WeightReader::Flag(std::string_view key, bool otherwise) {
  const boost::json::value* value = Find(key);
  if (value == nullptr) return otherwise;
  if (value->is_bool()) return value->get_bool();
  Fail(InvalidArgumentError("config.json: \"" + std::string(key) + "\" is " +
                            boost::json::serialize(*value) + ", expected true or false"));
  return otherwise;
}

std::string WeightReader::Text(std::string_view key, std::string_view otherwise) {
  const boost::json::value* value = Find(key);
  if (value == nullptr) return std::string(otherwise);
  if (value->is_string()) return std::string(value->get_string());
  Fail(InvalidArgumentError("config.json: \"" + std::string(key) + "\" is " +
                            boost::json::serialize(*value) + ", expected a string"));
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
  Fail(UnimplementedError("config.json: activation \"" + name + "\" (\"" + std::string(key) +
                          "\") is not known; there are " + known));
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
  Fail(UnimplementedError("config.json: \"" + std::string(key) + "\" is " +
                          boost::json::serialize(*value) + "; only " +
                          boost::json::serialize(expected) + " can be exported"));
}

bool WeightReader::Has(std::string_view name) const {
  return checkpoint_.Find(prefix_ + std::string(name)) != nullptr;
}

TensorView WeightReader::Tensor(const std::string& name, const std::vector<uint64_t>& shape) {
  if (!status_.ok()) return {};
  const TensorView* tensor = checkpoint_.Find(prefix_ + name);
  if (tensor == nullptr) {
    Fail(NotFoundError("the checkpoint has no tensor " + prefix_ + name +
                       ", which its config.json asks for"));
    return {};
  }
  if (tensor->shape != shape) {
    Fail(InvalidArgumentError("tensor " + tensor->name + " has the shape " +
                              ShapeText(tensor->shape) + "; by config.json it is " +
                              ShapeText(shape)));
    return {};
  }
  return *tensor;
}

LinearWeights WeightReader::Linear(const std::string& name, int out, int in) {
  LinearWeights linear;
  linear.weight = Tensor(name + ".weight", Shape(out, in));
  if (Has(name + ".bias")) linear.bias = Tensor(name + ".bias", {static_cast<uint64_t>(out)});
  return linear;
}

NormWeights WeightReader::LayerNorm(const std::string& name, int features, double epsilon) {
  NormWeights norm;
  norm.epsilon = epsilon;
  const std::vector<uint64_t> shape = {static_cast<uint64_t>(features)};
  const bool early = Has(name + ".gamma");
  norm.weight = Tensor(name + (early ? ".gamma" : ".weight"), shape);
  const std::string bias = name + (early ? ".beta" : ".bias");
  if (Has(bias)) norm.bias = Tensor(bias, shape);
  return norm;
}

NormWeights WeightReader::RmsNorm(const std::string& name, int features, double epsilon) {
  NormWeights norm = LayerNorm(name, features, epsilon);
  norm.kind = NormKind::kRmsNorm;
  return norm;
}

LinearWeights WeightReader::LinearRows(const LinearWeights& fused, int begin, int out) {
  LinearWeights part;
  const auto take = [&](const TensorView& from, TensorView* to) {
    if (from.empty() || !status_.ok()) return;
    auto rows = Rows(from, static_cast<uint64_t>(begin), static_cast<uint64_t>(begin + out));
    if (!rows.ok()) return Fail(rows.status());
    *to = *std::move(rows);
  };
  take(fused.weight, &part.weight);
  take(fused.bias, &part.bias);
  return part;
}

}  // namespace vetor
