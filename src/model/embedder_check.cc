#include "model/embedder_check.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kHint =
    ": it scores or labels texts and gives no embeddings. Take an embedding model, which has a "
    "modules.json with a Pooling; if the encoder inside is wanted all the same, write such a "
    "modules.json beside it (sentence-transformers: SentenceTransformer(FOLDER).save(NEW))";

constexpr std::array kHeads = {"ForSequenceClassification", "ForTokenClassification",
                               "ForQuestionAnswering", "ForMultipleChoice",
                               "ForNextSentencePrediction"};
// Of these classes, whatever config.json calls the model.
constexpr std::array<std::string_view, 4> kHeadTensors = {
    "classifier.weight", "classifier.out_proj.weight", "score.weight", "qa_outputs.weight"};

Status NoEmbedder(const fs::path& source, const std::string& what) {
  return UnimplementedError(source.string() + " is " + what + kHint);
}

// Checks the model type that sentence-transformers wrote; older versions leave the key out for an
// embedder.
Status CheckModelType(const fs::path& source) {
  const fs::path where = source / "config_sentence_transformers.json";
  if (!FileIsThere(where)) return Status();
  VETOR_RETURN_IF_ERROR(CheckInsideModel(source, where));
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadModelConfig(where));
  VETOR_ASSIGN_OR_RETURN(const std::string type, StringMember(config, "model_type", "", where));
  if (type.empty() || type == "SentenceTransformer") return Status();
  if (type == "CrossEncoder") return NoEmbedder(source, "a cross-encoder (" + where.string() + ")");
  return UnimplementedError(where.string() + ": model_type is " + Quoted(type) +
                            ", expected \"SentenceTransformer\"; vetor gives dense "
                            "embeddings only");
}

struct ModuleKinds {
  bool pooling = false;
  bool cross_encoder = false;
};

// Entries of another form are left to who reads the modules.
Result<ModuleKinds> ReadKinds(const fs::path& source) {
  ModuleKinds kinds;
  const fs::path where = source / "modules.json";
  if (!FileIsThere(where)) return kinds;
  VETOR_RETURN_IF_ERROR(CheckInsideModel(source, where));
  VETOR_ASSIGN_OR_RETURN(const json::value list, ReadModelJson(where));
  if (!list.is_array()) return kinds;
  for (const json::value& entry : list.get_array()) {
    const json::object* module = entry.if_object();
    const json::value* type = module != nullptr ? module->if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) continue;
    const std::string_view name = type->get_string();
    kinds.pooling = kinds.pooling || name.substr(name.rfind('.') + 1) == "Pooling";
    kinds.cross_encoder = kinds.cross_encoder || name.find("cross_encoder") != name.npos ||
                          name.find("CrossEncoder") != name.npos;
  }
  return kinds;
}

// The class that the weights were trained for; a head of its own makes of it what is not an
// embedder. Empty: none is named.
std::string HeadClass(const json::object& config) {
  const json::value* named = config.if_contains("architectures");
  if (named == nullptr) return "";
  const json::array alone = {*named};
  const json::array& list = named->is_array() ? named->get_array() : alone;
  for (const json::value& entry : list) {
    if (!entry.is_string()) continue;
    const std::string_view name = entry.get_string();
    for (const char* head : kHeads) {
      if (name.find(head) != name.npos) return std::string(name);
    }
  }
  return "";
}

// Also behind what a training program put before all names.
bool IsOfHead(std::string_view tensor) {
  for (bool cut = true; cut;) {
    cut = false;
    for (const std::string_view before : {"module.", "_orig_mod.", "model."}) {
      if (!tensor.starts_with(before)) continue;
      tensor.remove_prefix(before.size());
      cut = true;
    }
  }
  return std::find(kHeadTensors.begin(), kHeadTensors.end(), tensor) != kHeadTensors.end();
}

// How sentence-transformers marks the config.json of its CrossEncoder, before and since version 4.
std::string CrossEncoderKey(const json::object& config) {
  if (config.contains("sbert_ce_default_activation_function")) {
    return "sbert_ce_default_activation_function";
  }
  const json::value* own = config.if_contains("sentence_transformers");
  const bool marked =
      own != nullptr && own->is_object() && own->get_object().contains("activation_fn");
  return marked ? "sentence_transformers.activation_fn" : "";
}

}  // namespace

Status CheckIsEmbedder(const fs::path& source, const json::object& config,
                       const std::vector<std::string>& tensors) {
  VETOR_RETURN_IF_ERROR(CheckModelType(source));
  VETOR_ASSIGN_OR_RETURN(const ModuleKinds kinds, ReadKinds(source));
  if (kinds.cross_encoder) return NoEmbedder(source, "a cross-encoder by its modules.json");
  if (kinds.pooling) return Status();
  constexpr const char* kNoPooling = " without a Pooling in modules.json";
  const std::string head_class = HeadClass(config);
  if (!head_class.empty()) {
    return NoEmbedder(source,
                      "a cross-encoder or classifier (" + Quoted(head_class) + ")" + kNoPooling);
  }
  const std::string key = CrossEncoderKey(config);
  if (!key.empty()) {
    return NoEmbedder(source, "a cross-encoder (config.json has " + Quoted(key) + ")" + kNoPooling);
  }
  for (const std::string& tensor : tensors) {
    if (!IsOfHead(tensor)) continue;
    return NoEmbedder(source, "a cross-encoder or classifier (its weights have the head " +
                                  Quoted(tensor) + ")" + kNoPooling);
  }
  return Status();
}

}  // namespace vetor
