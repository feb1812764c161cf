#include "engine/pooled_backend.h"

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "encoder/linear_reader.h"
#include "head/pooler.h"

namespace vetor {
namespace {

DenseActivation ActivationOf(TextActivation activation) {
  switch (activation) {
    case TextActivation::kIdentity:
      return DenseActivation::kIdentity;
    case TextActivation::kTanh:
      return DenseActivation::kTanh;
    case TextActivation::kRelu:
      return DenseActivation::kRelu;
    case TextActivation::kGelu:
      return DenseActivation::kGelu;
    case TextActivation::kSigmoid:
      return DenseActivation::kSigmoid;
  }
  return DenseActivation::kIdentity;
}

DenseLayer LayerOf(const TextLinear& text) {
  const LinearWeights& linear = text.linear;
  DenseLayer layer{.in_features = linear.inputs(),
                   .out_features = linear.outputs(),
                   .activation = ActivationOf(text.activation)};
  layer.weight.resize(layer.in_features * layer.out_features);
  ReadByOutput(linear, {.outputs = linear.outputs(), .inputs = linear.inputs()},
               layer.weight.data(), layer.in_features);
  if (!linear.bias.empty()) layer.bias = ToFloats(linear.bias);
  return layer;
}

BackendTraits TraitsOf(BackendTraits tokens, size_t width) {
  tokens.output_axis = OutputAxis::kTexts;
  tokens.width = width;
  return tokens;
}

class PooledBackend final : public Backend {
 public:
  PooledBackend(std::unique_ptr<Backend> tokens, Pooler pooler)
      : tokens_(std::move(tokens)),
        pooler_(std::move(pooler)),
        traits_(TraitsOf(tokens_->traits(), pooler_.dim())) {}

  const BackendTraits& traits() const override { return traits_; }

  Result<BackendOutput> Run(const TokenBatch& batch) override {
    VETOR_ASSIGN_OR_RETURN(const BackendOutput tokens, tokens_->Run(batch));
    auto vectors = std::make_shared<std::vector<float>>(batch.rows() * traits_.width);
    VETOR_RETURN_IF_ERROR(pooler_.Finish(batch, tokens, *vectors));
    return BackendOutput{.values = *vectors,
                         .width = traits_.width,
                         .axis = OutputAxis::kTexts,
                         .owner = vectors,
                         .padding_tokens = tokens.padding_tokens};
  }

 private:
  const std::unique_ptr<Backend> tokens_;
  const Pooler pooler_;
  const BackendTraits traits_;
};

}  // namespace

PoolingSpec SpecOf(const GraphPooling& pooling) {
  PoolingSpec spec{.modes = pooling.modes, .normalize = pooling.normalize};
  spec.dim = static_cast<size_t>(pooling.dim);
  for (const TextLinear& layer : pooling.dense) spec.dense.push_back(LayerOf(layer));
  return spec;
}

Result<std::unique_ptr<Backend>> PoolTokens(std::unique_ptr<Backend> tokens,
                                            const GraphPooling& pooling) {
  const BackendTraits& traits = tokens->traits();
  VETOR_ASSIGN_OR_RETURN(Pooler pooler,
                         Pooler::Create(SpecOf(pooling), traits.width, traits.output_axis));
  return std::unique_ptr<Backend>(
      std::make_unique<PooledBackend>(std::move(tokens), std::move(pooler)));
}

}  // namespace vetor
