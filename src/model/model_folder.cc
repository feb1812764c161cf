#include "model/model_folder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "encoder/encoder.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/onnx/graph_files.h"
#include "model/checkpoint_model.h"
#include "model/external_data.h"
#include "model/graph_choice.h"
#include "model/length_limit.h"
#include "model/module_list.h"
#include "model/onnx_graph.h"
#include "model/prompts.h"
#include "os/file.h"
#include "os/log.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// The file was chosen by its name, which may be wrong. bf16 is what our own kernels make of fp32.
Status CheckPrecision(const ModelFolderOptions& options, const ModelFolder& model) {
  const Precision asked = options.precision;
  const std::string name(ToString(asked));
  if (asked == Precision::kAuto || name == model.facts.precision) return Status();
  if (asked == Precision::kBf16 && model.facts.precision == "fp32") {
    if (options.runtime != Runtime::kOnnxRuntime) return Status();
    return InvalidArgumentError(
        "precision \"bf16\" was asked for with runtime \"onnxruntime\", which computes with the "
        "weights of the file, and " +
        model.graph.string() +
        " holds fp32 weights; leave ai.onnx.runtime at \"auto\", and vetor's own kernels compute "
        "in bf16, or leave the precision out");
  }
  const std::string others = ListGraphs(model.folder);
  return InvalidArgumentError("precision \"" + name + "\" was asked for, but " +
                              model.graph.string() + " holds " + model.facts.precision +
                              " weights" + (others.empty() ? "" : "; the folder has " + others) +
                              "; name a file of that precision, or leave the precision out");
}

const OnnxValue* FindOutput(const OnnxGraphFacts& facts, std::string_view name) {
  const auto found = std::find_if(facts.outputs.begin(), facts.outputs.end(),
                                  [&](const OnnxValue& value) { return value.name == name; });
  return found == facts.outputs.end() ? nullptr : &*found;
}

const OnnxValue* FindInput(const OnnxGraphFacts& facts, std::string_view name) {
  const auto found = std::find_if(facts.inputs.begin(), facts.inputs.end(),
                                  [&](const OnnxValue& value) { return value.name == name; });
  return found == facts.inputs.end() ? nullptr : &*found;
}

// The output that the backend will choose (graph_signature.h), which reports what is wrong with it.
const OnnxValue* EmbeddingOutput(const ModelFolder& model) {
  if (!model.output_name.empty()) return FindOutput(model.facts, model.output_name);
  for (const char* name : {"sentence_embedding", "last_hidden_state", "token_embeddings"}) {
    if (const OnnxValue* output = FindOutput(model.facts, name)) return output;
  }
  return nullptr;
}

bool IsPooled(const ModelFolder& model, const OnnxValue* output) {
  if (model.static_embedding) return true;  // Rows end to end.
  if (output == nullptr) return false;
  return model.output_name.empty() ? output->name == "sentence_embedding"
                                   : output->dims.size() == 2;
}

// The facts that the graph's own inputs show.
void ReadShape(const std::string& output_name, ModelFolder* model) {
  model->output_name = output_name;
  model->static_embedding = FindInput(model->facts, "offsets") != nullptr;
}

// Tokens that every row of the graph has; 0: any number.
int64_t FixedLength(const OnnxGraphFacts& facts) {
  int64_t length = 0;
  for (const char* name : {"input_ids", "attention_mask", "token_type_ids", "position_ids"}) {
    const OnnxValue* input = FindInput(facts, name);
    if (input != nullptr && input->dims.size() == 2) length = std::max(length, input->dims[1]);
  }
  return length;
}

// A pooling file copied beside another model's graph shows here, before any text is embedded.
Status CheckWidth(const ModuleList& modules, const ModelFolder& model, const OnnxValue* output) {
  if (output == nullptr || output->dims.size() != 3 || modules.pooling_width == 0) return Status();
  const int64_t width = output->dims[2];
  if (width < 0 || static_cast<size_t>(width) == modules.pooling_width) return Status();
  return InvalidArgumentError(model.graph.string() + ": output " + Quoted(output->name) + " has " +
                              std::to_string(width) + " components, expected " +
                              std::to_string(modules.pooling_width) +
                              " as the pooling configuration in " + model.folder.string() +
                              " says; these files do not belong to one model");
}

Status ApplyModules(const ModelFolderOptions& options, const ModuleList& modules,
                    ModelFolder* model) {
  const OnnxValue* output = EmbeddingOutput(*model);
  VETOR_RETURN_IF_ERROR(CheckWidth(modules, *model, output));
  model->pooling = modules.pooling;
  model->declared_pooling = modules.declared_pooling;
  model->declared_normalize = modules.declared_normalize;
  const bool pooled_in_graph = IsPooled(*model, output);
  if (modules.static_embedding && !pooled_in_graph) {
    return UnimplementedError(model->folder.string() +
                              "/modules.json begins with a StaticEmbedding, but " +
                              model->graph.string() +
                              " has no input \"offsets\"; expected the graph that model2vec "
                              "exports (onnx/model.onnx of its models)");
  }
  if (!options.pooling.empty() && pooled_in_graph) {
    return InvalidArgumentError("pooling is " + Quoted(DescribePoolingModes(options.pooling)) +
                                ", but " + model->graph.string() +
                                " gives finished vectors (output " +
                                (output != nullptr ? output->name : "of rows end to end") +
                                "); leave pooling out, or use a graph with last_hidden_state");
  }
  if (!options.pooling.empty()) {
    model->pooling.modes = options.pooling;
  } else if (!modules.declared_pooling && !pooled_in_graph) {
    model->warnings.push_back(
        model->folder.string() +
        " has no modules.json and no 1_Pooling/config.json: mean pooling is assumed, as "
        "sentence-transformers does; if the model wants another (bge: cls), set "
        "ai.onnx.pooling");
  }
  return Status();
}

// The id that fills up rows behind a mask. It has no weight in any vector, but needs a row in the
// table.
Result<int64_t> PadTokenId(const std::vector<fs::path>& folders, int64_t word_rows) {
  const fs::path file = FindConfig(folders, "config.json");
  if (file.empty()) return 0;
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfig(file));
  VETOR_ASSIGN_OR_RETURN(const int64_t id, WholeMember(config, "pad_token_id", 0, file));
  return id >= 0 && id < word_rows ? id : 0;
}

Status ReadTexts(const ModelFolderOptions& options, const fs::path& transformer_folder,
                 ModelFolder* model) {
  // The tokenizer parses it; here are only the checks that no parser could word as clearly.
  VETOR_RETURN_IF_ERROR(
      ReadModelFile(model->tokenizer, "the tokenizer", "copy the model's tokenizer.json there")
          .status());
  LengthSources sources;
  sources.asked = options.max_length;
  sources.folders = {transformer_folder, model->folder, model->graph.parent_path()};
  sources.position_rows = model->facts.position_rows;
  model->fixed_length = FixedLength(model->facts);
  // Without a mask no text is cut or padded: the backend refuses such a graph.
  const bool pads = FindInput(model->facts, "attention_mask") != nullptr;
  sources.fixed_length = pads ? model->fixed_length : 0;
  sources.any_length = model->static_embedding;
  VETOR_ASSIGN_OR_RETURN(LengthLimit limit, FindLengthLimit(sources));
  model->max_length = limit.max_length;
  model->max_length_source = std::move(limit.source);
  for (std::string& warning : limit.warnings) model->warnings.push_back(std::move(warning));
  model->do_lower_case = limit.do_lower_case;
  if (!model->static_embedding) {
    VETOR_ASSIGN_OR_RETURN(model->pad_token_id,
                           PadTokenId(sources.folders, model->facts.word_rows));
  }
  VETOR_ASSIGN_OR_RETURN(PromptConfig prompts, ReadPromptConfig(model->folder));
  model->prompts = std::move(prompts.prompts);
  model->default_prompt_name = std::move(prompts.default_name);
  model->declared_dim = prompts.truncate_dim;
  model->similarity = std::move(prompts.similarity);
  return Status();
}

Status ReadGraph(const ModelFolderOptions& options, ModelFolder* model) {
  OnnxGraph graph;
  VETOR_ASSIGN_OR_RETURN(GraphFiles files, OpenGraphFiles(model->graph, &graph));
  model->files = std::make_shared<const GraphFiles>(std::move(files));
  model->facts = std::move(graph.facts);
  VETOR_RETURN_IF_ERROR(CheckPrecision(options, *model));
  ReadShape(options.output_name, model);
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

  if (choice.checkpoint) {
    VETOR_RETURN_IF_ERROR(ReadCheckpointModel(options, &model));
  } else {
    VETOR_RETURN_IF_ERROR(ReadGraph(options, &model));
  }

  VETOR_ASSIGN_OR_RETURN(const ModuleList modules, ReadModuleList(model.folder));
  VETOR_RETURN_IF_ERROR(ApplyModules(options, modules, &model));
  VETOR_RETURN_IF_ERROR(ReadTexts(options, modules.transformer_folder, &model));
  if (model.encoder) VETOR_RETURN_IF_ERROR(BoundLength(options, &model));
  model.id_files = StampIdFiles({model.tokenizer.parent_path(), modules.transformer_folder,
                                 model.folder, model.graph.parent_path()},
                                model.tokenizer);
  if (model.files) model.files->graph.DropPages();
  Log(LogLevel::kDebug, "model folder read: {}", model.graph.string());
  return model;
}

// The names of sentence-transformers' SimilarityFunction, beside "cosine".
bool UnitByDefault(const ModelFolder& model) {
  const std::string& by = model.similarity;
  const bool length_counts =
      by == "dot" || by == "dot_product" || by == "euclidean" || by == "manhattan";
  return model.declared_normalize || !length_counts;
}

bool IsAsItWas(const ModelFolder& model) {
  const Status weights =
      model.files ? model.files->Unchanged() : model.encoder->weights->Unchanged();
  return weights.ok() &&
         std::all_of(model.id_files.begin(), model.id_files.end(),
                     [](const IdFile& file) { return StampOf(file.path) == file.stamp; });
}

}  // namespace vetor
