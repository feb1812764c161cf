#include "model/fingerprint.h"

#include <utility>

#include "base/digest.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

std::string_view Bytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string_view Bytes(const std::vector<float>& floats) {
  return {reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)};
}

void AddPooling(const PoolingSpec& pooling, Sha256Builder* builder) {
  builder->AddField(DescribePoolingModes(pooling.modes));
  builder->AddField(pooling.include_prompt ? "with prompt" : "without prompt");
  builder->AddField(pooling.normalize ? "unit" : "raw");
  builder->AddField(std::to_string(pooling.dense.size()));
  for (const DenseLayer& layer : pooling.dense) {
    builder->AddField(std::to_string(layer.in_features));
    builder->AddField(std::to_string(layer.out_features));
    builder->AddField(std::to_string(static_cast<int>(layer.activation)));
    builder->AddField(Bytes(layer.weight));
    builder->AddField(Bytes(layer.bias));
  }
}

}  // namespace

Result<std::string> ModelFingerprint(const ModelFolder& model,
                                     const std::vector<std::filesystem::path>& external_files) {
  Sha256Builder builder;
  builder.AddField("vetor model 1");  // Change when the meaning of a field changes.
  VETOR_ASSIGN_OR_RETURN(const Sha256Digest graph, Sha256File(model.graph));
  builder.AddField(Bytes(graph));
  builder.AddField(std::to_string(external_files.size()));
  for (const std::filesystem::path& file : external_files) {
    VETOR_ASSIGN_OR_RETURN(const Sha256Digest digest, Sha256File(file));
    builder.AddField(Bytes(digest));
  }
  VETOR_ASSIGN_OR_RETURN(const Sha256Digest tokenizer, Sha256File(model.tokenizer));
  builder.AddField(Bytes(tokenizer));
  AddPooling(model.pooling, &builder);
  builder.AddField(std::to_string(model.max_length));
  builder.AddField(model.do_lower_case ? "lower" : "as is");
  return Hex(std::move(builder).Finish());
}

}  // namespace vetor
