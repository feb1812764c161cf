#include "encoder/checkpoint.h"

#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"
#include "formats/safetensors.h"
#include "formats/torch/torch_file.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kDownloadAgain = "download the file again";

class MappedCheckpoint final : public Checkpoint {
 public:
  MappedCheckpoint(fs::path folder, fs::path root, json::object config)
      : folder_(std::move(folder)), root_(std::move(root)), config_(std::move(config)) {}

  const fs::path& folder() const override { return folder_; }
  const json::object& config() const override { return config_; }
  const TensorView* Find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  std::string OtherDtype(std::string_view name) const override {
    const auto found = integers_.find(name);
    return found == integers_.end() ? "" : found->second;
  }
  void DropPages() const override {
    for (const Safetensors& file : safetensors_) file.DropPages();
    for (const MappedFile& file : torch_files_) file.DropPages();
  }
  std::vector<const MappedFile*> files() const override {
    std::vector<const MappedFile*> files;
    for (const Safetensors& file : safetensors_) files.push_back(&file.file());
    for (const MappedFile& file : torch_files_) files.push_back(&file);
    return files;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    names.reserve(tensors_.size());
    for (const auto& [name, view] : tensors_) names.push_back(name);
    return names;
  }

  Status ReadWeights();

 private:
  Status ReadFile(const fs::path& path);
  Status ReadShards(const fs::path& index);
  Status Keep(TensorView view);
  Status KeepSafetensors(const fs::path& path);
  Status KeepTorchFile(const fs::path& path);

  fs::path folder_;
  fs::path root_;  // No file outside it is read.
  json::object config_;
  // The files that the views point into.
  std::vector<Safetensors> safetensors_;
  std::vector<MappedFile> torch_files_;
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>>
      integers_;  // Dtypes of tensors that are not kept.
};

Status MappedCheckpoint::Keep(TensorView view) {
  const std::string name = view.name;
  if (tensors_.emplace(name, std::move(view)).second) return Status();
  return DataLossError("tensor " + Quoted(name) + " is in more than one weight file of " +
                       folder_.string() + "; " + kDownloadAgain);
}

Status MappedCheckpoint::KeepSafetensors(const fs::path& path) {
  VETOR_ASSIGN_OR_RETURN(Safetensors file, Safetensors::Open(path));
  for (const auto& [name, tensor] : file.tensors()) {
    const auto format = FloatFormatOfDtype(tensor.dtype);
    if (format) {
      VETOR_RETURN_IF_ERROR(Keep({name, *format, tensor.shape, tensor.data}));
    } else if (tensor.dtype.starts_with("F")) {
      return UnimplementedError(path.string() + ": tensor " + Quoted(name) + " has dtype " +
                                Quoted(tensor.dtype) +
                                ", expected F32, F16, BF16 or F64; export the model that this one "
                                "was quantised from");
    } else {
      integers_.emplace(name, tensor.dtype);
    }
  }
  safetensors_.push_back(std::move(file));  // The map keeps its address.
  return Status();
}

Status MappedCheckpoint::KeepTorchFile(const fs::path& path) {
  VETOR_ASSIGN_OR_RETURN(TorchFile file, ReadTorchFile(path));
  for (TensorView& view : file.tensors) VETOR_RETURN_IF_ERROR(Keep(std::move(view)));
  for (const std::string& name : file.integer_names) integers_.emplace(name, "an integer type");
  torch_files_.push_back(std::move(file.file));
  return Status();
}

Status MappedCheckpoint::ReadFile(const fs::path& path) {
  VETOR_RETURN_IF_ERROR(CheckInsideModel(root_, path));
  return path.extension() == ".safetensors" ? KeepSafetensors(path) : KeepTorchFile(path);
}

// {"metadata": {...}, "weight_map": {tensor: file name}}, as huggingface_hub writes it.
Status MappedCheckpoint::ReadShards(const fs::path& index) {
  VETOR_RETURN_IF_ERROR(CheckInsideModel(root_, index));
  VETOR_ASSIGN_OR_RETURN(const json::object root, ReadModelConfig(index));
  const json::value* map = root.if_contains("weight_map");
  if (map == nullptr || !map->is_object() || map->get_object().empty()) {
    return DataLossError(index.string() + " has no \"weight_map\" of tensors to files; " +
                         kDownloadAgain);
  }
  const fs::path extension = index.stem().stem().extension();
  std::set<std::string> shards;
  for (const auto& [name, shard] : map->get_object()) {
    if (!shard.is_string() || fs::path(shard.as_string().subview()).extension() != extension) {
      return DataLossError(index.string() + ": the file of tensor " + Quoted(name) + " is not a " +
                           extension.string() + " file; " + kDownloadAgain);
    }
    shards.emplace(shard.as_string().subview());
  }
  for (const std::string& shard : shards) {
    VETOR_ASSIGN_OR_RETURN(const fs::path path, InsideFolder(folder_, shard, index));
    VETOR_RETURN_IF_ERROR(ReadFile(path));
  }
  for (const auto& [name, shard] : map->get_object()) {
    if (tensors_.contains(std::string_view(name)) || integers_.contains(std::string_view(name))) {
      continue;
    }
    return DataLossError(Quoted(shard.as_string()) + " has no tensor " + Quoted(name) +
                         ", though " + index.string() + " says so; download both again");
  }
  return Status();
}

Status MappedCheckpoint::ReadWeights() {
  for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
    const std::string index = std::string(name) + ".index.json";
    if (FileIsThere(folder_ / name)) return ReadFile(folder_ / name);
    if (FileIsThere(folder_ / index)) return ReadShards(folder_ / index);
  }
  return NotFoundError(folder_.string() +
                       " has no weights: expected model.safetensors or pytorch_model.bin, or one "
                       "of them in parts with its .index.json; download the whole model");
}

// An adapter changes the weights of another model, so neither the adapter alone nor that model
// beside it is the model that the folder stands for.
Status CheckNoAdapter(const fs::path& folder) {
  const fs::path where = folder / "adapter_config.json";
  const bool described = FileIsThere(where);
  if (!described && !FileIsThere(folder / "adapter_model.safetensors") &&
      !FileIsThere(folder / "adapter_model.bin")) {
    return Status();
  }
  std::string base = "its base model";
  std::string kind = "an adapter";
  if (described) {
    VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfig(where));
    VETOR_ASSIGN_OR_RETURN(const std::string type, StringMember(config, "peft_type", "", where));
    VETOR_ASSIGN_OR_RETURN(const std::string name,
                           StringMember(config, "base_model_name_or_path", "", where));
    if (!type.empty()) kind += " (" + Quoted(type) + ")";
    if (!name.empty()) base = "its base model " + Quoted(name);
  }
  return UnimplementedError(folder.string() + " holds " + kind +
                            ", which is not applied: merge it into " + base +
                            " (merge_and_unload of peft) and export the result, or name the base "
                            "to export that without it");
}

Status CheckNotQuantized(const json::object& config, const fs::path& where) {
  const json::value* quantization = config.if_contains("quantization_config");
  if (quantization == nullptr || quantization->is_null()) return Status();
  return UnimplementedError(where.string() +
                            " has a \"quantization_config\": the weights are not floats; export "
                            "the model that this one was quantised from");
}

}  // namespace

Result<std::shared_ptr<const Checkpoint>> Checkpoint::Open(const fs::path& folder,
                                                           const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return NotFoundError(folder.string() +
                         " is not a folder; expected one with config.json and model.safetensors");
  }
  const fs::path config_file = folder / "config.json";
  const fs::path& model = root.empty() ? folder : root;
  VETOR_RETURN_IF_ERROR(CheckNoAdapter(folder));
  VETOR_RETURN_IF_ERROR(CheckNoAdapter(model));
  VETOR_RETURN_IF_ERROR(CheckInsideModel(model, config_file));
  VETOR_ASSIGN_OR_RETURN(json::object config, ReadModelConfig(config_file));
  VETOR_RETURN_IF_ERROR(CheckNotQuantized(config, config_file));
  auto checkpoint = std::make_shared<MappedCheckpoint>(folder, model, std::move(config));
  VETOR_RETURN_IF_ERROR(checkpoint->ReadWeights());
  return std::shared_ptr<const Checkpoint>(std::move(checkpoint));
}

}  // namespace vetor
