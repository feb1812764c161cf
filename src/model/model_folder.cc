#include "model/model_folder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/model_file.h"
#include "base/status_macros.h"
#include "model/external_data.h"
#include "model/fingerprint.h"
#include "model/graph_choice.h"
#include "model/length_limit.h"
#include "model/module_list.h"
#include "model/onnx_graph.h"
#include "model/prompts.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

// The choice went by name; a name may lie.
Status CheckPrecision(const std::string& asked, const ModelFolder& model) {
  if (asked == "auto" || asked == model.facts.precision) return Status();
  const std::string others = ListGraphs(model.folder);
  return InvalidArgumentError("precision \"" + asked + "\" was asked for, but " +
                              model.graph.string() + " holds " + model.facts.precision +
                              " weights" + (others.empty() ? "" : "; the folder has " + others) +
                              "; name a file of that precision, or leave the precision out");
}

const OnnxValue* FindOutput(const OnnxGraphFacts& facts, std::string_view name) {
  const auto found = std::find_if(facts.outputs.begin(), facts.outputs.end(),
                                  [&](const OnnxValue& value) { return value.name == name; });
  return found == facts.outputs.end() ? nullptr : &*found;
}

// A pooling file copied beside another model's graph shows here, before any text is embedded.
Status CheckWidth(const ModuleList& modules, const ModelFolder& model) {
  for (const char* name : {"last_hidden_state", "token_embeddings"}) {
    const OnnxValue* output = FindOutput(model.facts, name);
    if (output == nullptr || output->dims.size() != 3 || modules.pooling_width == 0) continue;
    const int64_t width = output->dims[2];
    if (width >= 0 && static_cast<size_t>(width) != modules.pooling_width) {
      return InvalidArgumentError(model.graph.string() + ": output " + name + " has " +
                                  std::to_string(width) + " components, expected " +
                                  std::to_string(modules.pooling_width) +
                                  " as the pooling configuration in " + model.folder.string() +
                                  " says; these files do not belong to one model");
    }
  }
  return Status();
}

Status ApplyModules(const ModelFolderOptions& options, const ModuleList& modules,
                    ModelFolder* model) {
  VETOR_RETURN_IF_ERROR(CheckWidth(modules, *model));
  model->pooling = modules.pooling;
  model->declared_pooling = modules.declared_pooling;
  model->declared_normalize = modules.declared_normalize;
  const bool pooled_in_graph = FindOutput(model->facts, "sentence_embedding") != nullptr;
  if (!options.pooling.empty() && pooled_in_graph) {
    return InvalidArgumentError("pooling is " + Quoted(options.pooling) + ", but " +
                                model->graph.string() +
                                " gives finished vectors (output sentence_embedding); leave "
                                "pooling out, or use a graph with last_hidden_state");
  }
  if (!options.pooling.empty()) {
    VETOR_ASSIGN_OR_RETURN(model->pooling.modes, ParsePoolingModes(options.pooling));
  } else if (!modules.declared_pooling && !pooled_in_graph) {
    model->warnings.push_back(
        model->folder.string() +
        " has no modules.json and no 1_Pooling/config.json: mean pooling is assumed, as "
        "sentence-transformers does; if the model wants another (bge: cls), set pooling");
  }
  return Status();
}

Status ReadTexts(const ModelFolderOptions& options, const fs::path& transformer_folder,
                 ModelFolder* model) {
  // The tokenizer stage parses it; here only what no parser could say as clearly.
  VETOR_RETURN_IF_ERROR(
      ReadModelFile(model->tokenizer, "the tokenizer", "copy the model's tokenizer.json there")
          .status());
  LengthSources sources;
  sources.asked = options.max_length;
  sources.folders = {transformer_folder, model->folder, model->graph.parent_path()};
  sources.position_rows = model->facts.position_rows;
  VETOR_ASSIGN_OR_RETURN(LengthLimit limit, FindLengthLimit(sources));
  model->max_length = limit.max_length;
  model->max_length_source = std::move(limit.source);
  for (std::string& warning : limit.warnings) model->warnings.push_back(std::move(warning));
  model->do_lower_case = limit.do_lower_case;
  VETOR_ASSIGN_OR_RETURN(PromptConfig prompts, ReadPromptConfig(model->folder));
  model->prompts = std::move(prompts.prompts);
  model->default_prompt_name = std::move(prompts.default_name);
  model->declared_dim = prompts.truncate_dim;
  return Status();
}

}  // namespace

Result<ModelFolder> ReadModelFolder(const ModelFolderOptions& options) {
  VETOR_ASSIGN_OR_RETURN(GraphChoice choice, ChooseGraph(options));
  ModelFolder model;
  model.folder = std::move(choice.folder);
  model.graph = std::move(choice.graph);
  model.tokenizer = std::move(choice.tokenizer);
  model.model_id = std::move(choice.model_id);

  OnnxGraph graph;
  VETOR_ASSIGN_OR_RETURN(GraphFiles files, OpenGraphFiles(model.graph, &graph));
  model.files = std::make_shared<const GraphFiles>(std::move(files));
  model.facts = std::move(graph.facts);
  VETOR_RETURN_IF_ERROR(CheckPrecision(options.precision, model));

  VETOR_ASSIGN_OR_RETURN(const ModuleList modules, ReadModuleList(model.folder));
  VETOR_RETURN_IF_ERROR(ApplyModules(options, modules, &model));
  VETOR_RETURN_IF_ERROR(ReadTexts(options, modules.transformer_folder, &model));
  model.id_files = StampIdFiles({model.tokenizer.parent_path(), modules.transformer_folder,
                                 model.folder, model.graph.parent_path()},
                                model.tokenizer);
  VETOR_ASSIGN_OR_RETURN(model.fingerprint, ModelFingerprint(model));
  model.files->graph.DropPages();
  return model;
}

bool IsAsItWas(const ModelFolder& model) {
  return model.files->Unchanged().ok() &&
         std::all_of(model.id_files.begin(), model.id_files.end(),
                     [](const IdFile& file) { return StampOf(file.path) == file.stamp; });
}

}  // namespace vetor
