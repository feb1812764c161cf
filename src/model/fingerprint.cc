#include "model/fingerprint.h"

#include <utility>

#include "base/digest.h"
#include "base/status_macros.h"
#include "encoder/encoder.h"
#include "model/numerics_version.h"
#include "os/file_digest.h"
#include "tokenizer/ids_version.h"

namespace vetor {
namespace {

std::string_view Bytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string_view Bytes(const std::vector<float>& floats) {
  return {reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)};
}

// The graph and its external data, or the files of a checkpoint.
std::vector<const MappedFile*> WeightFiles(const ModelFolder& model) {
  if (model.encoder) return model.encoder->weights->files();
  std::vector<const MappedFile*> files = {&model.files->graph};
  for (const auto& [location, file] : model.files->external) files.push_back(&file);
  return files;
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

Result<std::string> ModelFingerprint(const ModelFolder& model) {
  Sha256Builder builder;
  builder.AddField("vetor model 2");  // Change when the meaning of a field changes.
  builder.AddField(kNumericsVersion);
  builder.AddField(std::to_string(kTokenizerIdsVersion));
  for (const MappedFile* file : WeightFiles(model)) {
    VETOR_ASSIGN_OR_RETURN(const Sha256Digest digest, Sha256File(*file));
    builder.AddField(Bytes(digest));
    if (model.files && file == &model.files->graph) {
      builder.AddField(std::to_string(model.files->external.size()));
    }
  }
  for (const IdFile& file : model.id_files) {
    if (!file.stamp) continue;
    VETOR_ASSIGN_OR_RETURN(const Sha256Digest digest, Sha256File(file.path));
    builder.AddField(file.label);
    builder.AddField(Bytes(digest));
  }
  AddPooling(model.pooling, &builder);
  if (!model.output_name.empty()) builder.AddField("output " + model.output_name);
  builder.AddField(std::to_string(model.max_length));
  builder.AddField(model.do_lower_case ? "lower" : "as is");
  return Hex(std::move(builder).Finish());
}

}  // namespace vetor
