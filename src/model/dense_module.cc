#include "model/dense_module.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/safetensors.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int64_t kMaxFeatures = 1 << 20;
constexpr std::string_view kTextVector = "sentence_embedding";

// The files hold a Python class path, e.g. torch.nn.modules.activation.Tanh.
Result<DenseActivation> ReadActivation(const json::object& config, const fs::path& where) {
  constexpr std::array kActivations = {
      std::pair{"Tanh", DenseActivation::kTanh},
      std::pair{"Identity", DenseActivation::kIdentity},
      std::pair{"ReLU", DenseActivation::kRelu},
      std::pair{"GELU", DenseActivation::kGelu},
      std::pair{"Sigmoid", DenseActivation::kSigmoid},
  };
  VETOR_ASSIGN_OR_RETURN(
      const std::string path,
      StringMember(config, "activation_function", "torch.nn.modules.activation.Tanh", where));
  const std::string_view name = std::string_view(path).substr(path.rfind('.') + 1);
  if (std::string_view(path).starts_with("torch.")) {
    for (const auto& [known, activation] : kActivations) {
      if (name == known) return activation;
    }
  }
  return UnimplementedError(where.string() + ": activation_function is " + Quoted(path) +
                            ", expected torch's Tanh, Identity, ReLU, GELU or Sigmoid");
}

Status CheckPlace(const json::object& config, const fs::path& where) {
  for (const char* key : {"module_input_name", "module_output_name"}) {
    VETOR_ASSIGN_OR_RETURN(const std::string name, StringMember(config, key, kTextVector, where));
    if (name != kTextVector) {
      return UnimplementedError(
          where.string() + ": " + key + " is " + Quoted(name) +
          ", expected \"sentence_embedding\"; vetor makes one vector per text");
    }
  }
  VETOR_ASSIGN_OR_RETURN(const bool residual, BoolMember(config, "use_residual", false, where));
  if (!residual) return Status();
  return UnimplementedError(where.string() + ": use_residual is true, expected false");
}

Result<size_t> ReadFeatures(const json::object& config, const char* key, const fs::path& where) {
  VETOR_ASSIGN_OR_RETURN(const int64_t features, WholeMember(config, key, 0, where));
  if (features < 1 || features > kMaxFeatures) {
    return InvalidArgumentError(where.string() + ": " + key + " is " + std::to_string(features) +
                                ", expected 1 to " + std::to_string(kMaxFeatures));
  }
  return static_cast<size_t>(features);
}

}  // namespace

Result<DenseLayer> ReadDenseModule(const fs::path& folder) {
  const fs::path where = folder / "config.json";
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfig(where));
  VETOR_RETURN_IF_ERROR(CheckPlace(config, where));
  DenseLayer layer;
  VETOR_ASSIGN_OR_RETURN(layer.in_features, ReadFeatures(config, "in_features", where));
  VETOR_ASSIGN_OR_RETURN(layer.out_features, ReadFeatures(config, "out_features", where));
  VETOR_ASSIGN_OR_RETURN(layer.activation, ReadActivation(config, where));
  VETOR_ASSIGN_OR_RETURN(const bool has_bias, BoolMember(config, "bias", true, where));

  const fs::path weights = folder / "model.safetensors";
  if (!FileIsThere(weights) && FileIsThere(folder / "pytorch_model.bin")) {
    return UnimplementedError(folder.string() +
                              " has its weights in pytorch_model.bin, expected model.safetensors; "
                              "pickled files can run code: save the model again with "
                              "sentence-transformers 2.3 or newer");
  }
  VETOR_ASSIGN_OR_RETURN(const Safetensors file, Safetensors::Open(weights));
  VETOR_ASSIGN_OR_RETURN(layer.weight,
                         file.Floats("linear.weight", {layer.out_features, layer.in_features}));
  if (has_bias) {
    VETOR_ASSIGN_OR_RETURN(layer.bias, file.Floats("linear.bias", {layer.out_features}));
  }
  return layer;
}

}  // namespace vetor
