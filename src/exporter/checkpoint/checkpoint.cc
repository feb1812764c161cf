#include "exporter/checkpoint.h"

#include <map>
#include <system_error>
#include <utility>

#include "base/model_file.h"
#include "base/safetensors.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kDownloadAgain = "download the file again";

class MappedCheckpoint final : public Checkpoint {
 public:
  MappedCheckpoint(fs::path folder, json::object config)
      : folder_(std::move(folder)), config_(std::move(config)) {}

  const fs::path& folder() const override { return folder_; }
  const json::object& config() const override { return config_; }
  const TensorView* Find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    names.reserve(tensors_.size());
    for (const auto& [name, view] : tensors_) names.push_back(name);
    return names;
  }

  Status ReadWeights();

 private:
  Status ReadSafetensors(const fs::path& path);
  Status ReadShardedSafetensors(const fs::path& index);
  Status AddTensor(const Safetensors& file, const std::string& name,
                   const Safetensors::Tensor& tensor);

  fs::path folder_;
  json::object config_;
  std::vector<std::unique_ptr<Safetensors>> files_;  // What the views point into.
  std::map<std::string, TensorView, std::less<>> tensors_;
};

Status MappedCheckpoint::AddTensor(const Safetensors& file, const std::string& name,
                                   const Safetensors::Tensor& tensor) {
  const auto format = FloatFormatOfDtype(tensor.dtype);
  if (!format && tensor.dtype.starts_with("F")) {
    return UnimplementedError(file.path().string() + ": tensor " + Quoted(name) + " has dtype " +
                              Quoted(tensor.dtype) +
                              ", expected F32, F16, BF16 or F64; export the model that this one "
                              "was quantised from");
  }
  if (!format) return Status();
  TensorView view{name, *format, tensor.shape, tensor.data};
  if (!tensors_.emplace(name, std::move(view)).second) {
    return DataLossError("tensor " + Quoted(name) + " is in more than one weight file of " +
                         folder_.string() + "; " + kDownloadAgain);
  }
  return Status();
}

Status MappedCheckpoint::ReadSafetensors(const fs::path& path) {
  VETOR_ASSIGN_OR_RETURN(Safetensors file, Safetensors::Open(path));
  files_.push_back(std::make_unique<Safetensors>(std::move(file)));
  for (const auto& [name, tensor] : files_.back()->tensors()) {
    VETOR_RETURN_IF_ERROR(AddTensor(*files_.back(), name, tensor));
  }
  return Status();
}

// {"metadata": {...}, "weight_map": {tensor: file name}}, as huggingface_hub writes it.
Status MappedCheckpoint::ReadShardedSafetensors(const fs::path& index) {
  VETOR_ASSIGN_OR_RETURN(const json::object root, ReadModelConfig(index));
  const json::value* map = root.if_contains("weight_map");
  if (map == nullptr || !map->is_object() || map->get_object().empty()) {
    return DataLossError(index.string() + " has no \"weight_map\" of tensors to files; " +
                         kDownloadAgain);
  }
  std::map<std::string, std::vector<std::string>> tensors_of_shard;
  for (const auto& [name, shard] : map->get_object()) {
    if (!shard.is_string()) {
      return DataLossError(index.string() + ": the file of tensor " + Quoted(std::string(name)) +
                           " is no string; " + kDownloadAgain);
    }
    tensors_of_shard[std::string(std::string_view(shard.get_string()))].emplace_back(name);
  }
  for (const auto& [shard, names] : tensors_of_shard) {
    VETOR_ASSIGN_OR_RETURN(const fs::path path, InsideFolder(folder_, shard, index));
    VETOR_ASSIGN_OR_RETURN(Safetensors file, Safetensors::Open(path));
    files_.push_back(std::make_unique<Safetensors>(std::move(file)));
    for (const std::string& name : names) {
      const auto& held = files_.back()->tensors();
      const auto found = held.find(name);
      if (found == held.end()) {
        return DataLossError(path.string() + " has no tensor " + Quoted(name) + ", though " +
                             index.string() + " says so; download both again");
      }
      VETOR_RETURN_IF_ERROR(AddTensor(*files_.back(), name, found->second));
    }
  }
  return Status();
}

Status MappedCheckpoint::ReadWeights() {
  if (const fs::path whole = folder_ / "model.safetensors"; FileIsThere(whole)) {
    return ReadSafetensors(whole);
  }
  if (const fs::path index = folder_ / "model.safetensors.index.json"; FileIsThere(index)) {
    return ReadShardedSafetensors(index);
  }
  return NotFoundError(folder_.string() +
                       " has no weights: expected model.safetensors or "
                       "model.safetensors.index.json; download the whole model");
}

Status CheckNotQuantized(const json::object& config, const fs::path& where) {
  const json::value* quantization = config.if_contains("quantization_config");
  if (quantization == nullptr || quantization->is_null()) return Status();
  return UnimplementedError(where.string() +
                            " has a \"quantization_config\": the weights are not floats; export "
                            "the model that this one was quantised from");
}

}  // namespace

Result<std::shared_ptr<const Checkpoint>> Checkpoint::Open(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return NotFoundError(folder.string() +
                         " is not a folder; expected one with config.json and model.safetensors");
  }
  const fs::path config_file = folder / "config.json";
  VETOR_ASSIGN_OR_RETURN(json::object config, ReadModelConfig(config_file));
  VETOR_RETURN_IF_ERROR(CheckNotQuantized(config, config_file));
  auto checkpoint = std::make_shared<MappedCheckpoint>(folder, std::move(config));
  VETOR_RETURN_IF_ERROR(checkpoint->ReadWeights());
  return std::shared_ptr<const Checkpoint>(std::move(checkpoint));
}

}  // namespace vetor
