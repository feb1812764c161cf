#include "exporter/folder/module_files.h"

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "exporter/folder/model_files.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"
#include "formats/safetensors_writer.h"
#include "formats/torch/torch_file.h"
#include "head/pooling_spec.h"
#include "model/module_entries.h"
#include "model/pooling_config.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct Module {
  std::string kind;  // The last component of the type, which is the same in both generations.
  fs::path folder;
  fs::path root;  // The model's folder; no file outside it is read.
};

// Empty if there is no modules.json.
Result<std::vector<Module>> ReadModules(const fs::path& source) {
  std::vector<Module> modules;
  const fs::path where = source / "modules.json";
  if (!FileIsThere(where)) return modules;
  VETOR_RETURN_IF_ERROR(CheckInsideModel(source, where));
  VETOR_ASSIGN_OR_RETURN(std::vector<ModuleEntry> entries, ReadModuleEntries(source));
  for (ModuleEntry& entry : entries) {
    modules.push_back({std::move(entry.kind), std::move(entry.folder), source});
  }
  if (modules.empty() || modules.front().kind != "Transformer") {
    return UnimplementedError(
        where.string() +
        ": its first module is not a Transformer; only models that begin with one can be exported");
  }
  return modules;
}

// Booleans, which the folder gets beside the names, have no order of their own.
Status CheckOrder(const std::vector<PoolingMode>& modes, const fs::path& where) {
  if (std::is_sorted(modes.begin(), modes.end())) return Status();
  std::vector<PoolingMode> all;
  all.reserve(std::size(kPoolingModes));
  for (const PoolingModeNames& known : kPoolingModes) all.push_back(known.mode);
  return UnimplementedError(where.string() + ": pooling modes in the order " +
                            Quoted(DescribePoolingModes(modes)) +
                            " cannot be written for other loaders, which join them in the order " +
                            DescribePoolingModes(all));
}

Result<int64_t> HiddenSize(const Module& transformer) {
  const fs::path where = transformer.folder / "config.json";
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadSourceConfig(transformer.root, where));
  for (const char* key : {"hidden_size", "dim", "n_embd"}) {
    VETOR_ASSIGN_OR_RETURN(const int64_t size, WholeMember(config, key, 0, where));
    if (size > 0) return size;
  }
  return InvalidArgumentError(where.string() + " has no \"hidden_size\"");
}

Status WritePooling(const Module& module, const fs::path& to, const Module& transformer) {
  const fs::path where = module.folder / "config.json";
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadSourceConfig(module.root, where));
  VETOR_ASSIGN_OR_RETURN(const std::vector<PoolingMode> modes, ReadPoolingModes(config, where));
  VETOR_RETURN_IF_ERROR(CheckOrder(modes, where));
  VETOR_ASSIGN_OR_RETURN(int64_t width, WholeMember(config, "word_embedding_dimension", 0, where));
  if (width == 0) {
    VETOR_ASSIGN_OR_RETURN(width, WholeMember(config, "embedding_dimension", 0, where));
  }
  if (width == 0) {
    VETOR_ASSIGN_OR_RETURN(width, HiddenSize(transformer));
  }
  VETOR_ASSIGN_OR_RETURN(const bool prompt, BoolMember(config, "include_prompt", true, where));
  json::object written{{"word_embedding_dimension", width}};
  for (const PoolingModeNames& known : kPoolingModes) {
    written[known.boolean_key] = std::find(modes.begin(), modes.end(), known.mode) != modes.end();
  }
  written["include_prompt"] = prompt;
  return WriteModelJson(to / "config.json", written);
}

// linear.weight and linear.bias of a pickle become safetensors, so that no other loader must
// unpickle.
Status WriteDenseWeights(const Module& module, const fs::path& to) {
  const fs::path weights = module.folder / "model.safetensors";
  if (FileIsThere(weights)) return CopyModelFile(module.root, weights, to / "model.safetensors");
  const fs::path pickled = module.folder / "pytorch_model.bin";
  VETOR_RETURN_IF_ERROR(CheckInsideModel(module.root, pickled));
  VETOR_ASSIGN_OR_RETURN(const TorchFile file, ReadTorchFile(pickled));
  return WriteSafetensors(to / "model.safetensors", file.tensors);
}

Status WriteDense(const Module& module, const fs::path& to) {
  const fs::path where = module.folder / "config.json";
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadSourceConfig(module.root, where));
  for (const char* key : {"module_input_name", "module_output_name"}) {
    VETOR_ASSIGN_OR_RETURN(const std::string name,
                           StringMember(config, key, "sentence_embedding", where));
    if (name != "sentence_embedding") {
      return UnimplementedError(where.string() + ": " + key + " is " + Quoted(name) +
                                ", expected \"sentence_embedding\"");
    }
  }
  VETOR_ASSIGN_OR_RETURN(const bool residual, BoolMember(config, "use_residual", false, where));
  if (residual) return UnimplementedError(where.string() + ": use_residual is true");
  json::object written;
  for (const char* key : {"in_features", "out_features", "bias", "activation_function"}) {
    if (const json::value* value = config.if_contains(key)) written[key] = *value;
  }
  VETOR_RETURN_IF_ERROR(WriteModelJson(to / "config.json", written));
  return WriteDenseWeights(module, to);
}

Status WriteModule(const Module& module, const fs::path& to, const Module& transformer) {
  if (module.kind == "Pooling") return WritePooling(module, to, transformer);
  if (module.kind == "Dense") return WriteDense(module, to);
  if (module.kind != "Normalize") {
    return UnimplementedError("the module " + Quoted(module.kind) + " in " +
                              module.folder.string() +
                              " cannot be exported; expected Pooling, Dense or Normalize after "
                              "the Transformer");
  }
  std::error_code error;
  fs::create_directories(to, error);
  return error ? ErrnoError(error.value(), "cannot make the folder", to) : Status();
}

}  // namespace

Result<fs::path> TransformerFolder(const fs::path& source) {
  VETOR_ASSIGN_OR_RETURN(const std::vector<Module> modules, ReadModules(source));
  return modules.empty() ? source : modules.front().folder;
}

Status WriteModules(const fs::path& source, const fs::path& target) {
  VETOR_ASSIGN_OR_RETURN(const std::vector<Module> modules, ReadModules(source));
  json::array list;
  for (const Module& module : modules) {
    if (module.kind == "Dropout") continue;  // Dropout does nothing outside training.
    const std::string number = std::to_string(list.size());
    std::string path;
    if (!list.empty()) {
      path = number + "_" + module.kind;
      VETOR_RETURN_IF_ERROR(WriteModule(module, target / path, modules.front()));
    }
    list.push_back({{"idx", list.size()},
                    {"name", number},
                    {"path", path},
                    {"type", "sentence_transformers.models." + module.kind}});
  }
  return list.empty() ? Status() : WriteModelJson(target / "modules.json", list);
}

}  // namespace vetor
