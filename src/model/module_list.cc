#include "model/module_list.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"
#include "model/dense_module.h"
#include "model/module_entries.h"
#include "model/pooling_config.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

Status ReadPooling(const fs::path& where, ModuleList* list) {
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfig(where));
  VETOR_ASSIGN_OR_RETURN(list->pooling.modes, ReadPoolingModes(config, where));
  VETOR_ASSIGN_OR_RETURN(list->pooling.include_prompt,
                         BoolMember(config, "include_prompt", true, where));
  VETOR_ASSIGN_OR_RETURN(const int64_t old_width,
                         WholeMember(config, "word_embedding_dimension", 0, where));
  VETOR_ASSIGN_OR_RETURN(const int64_t width,
                         WholeMember(config, "embedding_dimension", old_width, where));
  list->pooling_width = width > 0 ? static_cast<size_t>(width) : 0;
  list->declared_pooling = true;
  return Status();
}

// The order that PoolingSpec can express; anything else would silently give other vectors.
class ModuleChain {
 public:
  explicit ModuleChain(ModuleList* list) : list_(list) {}

  Status Add(const ModuleEntry& module, const fs::path& where) {
    const bool first = !has_transformer_;
    const bool begins = module.kind == "Transformer" || module.kind == "StaticEmbedding";
    if (first != begins) return Refuse(module, where);
    if (first) {
      list_->static_embedding = module.kind == "StaticEmbedding";
      list_->declared_pooling = list_->static_embedding;
      has_transformer_ = true;
      list_->transformer_folder = module.folder;
      return Status();
    }
    if (module.kind == "Dropout") return Status();  // Does nothing outside training.
    if (module.kind == "Normalize") {
      list_->declared_normalize = true;
      return Status();
    }
    if (list_->declared_normalize) return Refuse(module, where);
    if (module.kind == "Pooling" && !list_->declared_pooling) {
      return ReadPooling(module.folder / "config.json", list_);
    }
    // The vectors of a StaticEmbedding come out of the graph, and no Dense of a folder follows it.
    if (module.kind != "Dense" || !list_->declared_pooling || list_->static_embedding) {
      return Refuse(module, where);
    }
    VETOR_ASSIGN_OR_RETURN(DenseLayer layer, ReadDenseModule(module.folder));
    list_->pooling.dense.push_back(std::move(layer));
    return Status();
  }

  bool has_transformer() const { return has_transformer_; }

 private:
  static Status Refuse(const ModuleEntry& module, const fs::path& where) {
    return UnimplementedError(where.string() + ": module " + Quoted(module.type) +
                              " is not supported at its place; expected Transformer, Pooling and "
                              "any number of Dense, or StaticEmbedding, then Normalize or nothing");
  }

  ModuleList* list_;
  bool has_transformer_ = false;
};

}  // namespace

Result<ModuleList> ReadModuleList(const fs::path& folder) {
  ModuleList list;
  list.transformer_folder = folder;
  const fs::path where = folder / "modules.json";
  if (!FileIsThere(where)) {
    const fs::path pooling = folder / "1_Pooling" / "config.json";
    if (FileIsThere(pooling)) VETOR_RETURN_IF_ERROR(ReadPooling(pooling, &list));
    return list;
  }
  VETOR_ASSIGN_OR_RETURN(const std::vector<ModuleEntry> modules, ReadModuleEntries(folder));
  ModuleChain chain(&list);
  for (const ModuleEntry& module : modules) {
    VETOR_RETURN_IF_ERROR(chain.Add(module, where));
  }
  if (!chain.has_transformer()) {
    return InvalidArgumentError(where.string() + ": it lists no module, expected a Transformer");
  }
  // A list without Normalize is a declaration too: these vectors are not of length 1.
  list.pooling.normalize = list.declared_normalize;
  return list;
}

}  // namespace vetor
