#include "exporter/folder/embedder_check.h"

#include <string>
#include <string_view>

#include "base/model_file.h"
#include "base/status_macros.h"
#include "exporter/folder/model_files.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kHint =
    ": it scores texts and gives no embeddings. Export an embedding model, which has a "
    "modules.json with a Pooling; if the encoder inside is wanted all the same, write such a "
    "modules.json beside it (sentence-transformers: SentenceTransformer(FOLDER).save(NEW))";

Status NoEmbedder(const fs::path& source, const std::string& what) {
  return UnimplementedError(source.string() + " is " + what + kHint);
}

// What sentence-transformers wrote the folder as; it leaves the key out for an embedder in older
// versions.
Status CheckModelType(const fs::path& source) {
  const fs::path where = source / "config_sentence_transformers.json";
  if (!FileIsThere(where)) return Status();
  VETOR_ASSIGN_OR_RETURN(const json::object config, ReadSourceConfig(source, where));
  VETOR_ASSIGN_OR_RETURN(const std::string type, StringMember(config, "model_type", "", where));
  if (type.empty() || type == "SentenceTransformer") return Status();
  if (type == "CrossEncoder") return NoEmbedder(source, "a cross-encoder (" + where.string() + ")");
  return UnimplementedError(where.string() + ": model_type is " + Quoted(type) +
                            ", expected \"SentenceTransformer\"; only dense embeddings can be "
                            "exported");
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

std::string_view Architecture(const json::object& config) {
  const json::value* list = config.if_contains("architectures");
  if (list == nullptr || !list->is_array() || list->get_array().empty()) return {};
  const json::value& first = list->get_array().front();
  return first.is_string() ? std::string_view(first.get_string()) : std::string_view();
}

}  // namespace

Status CheckIsEmbedder(const fs::path& source, const json::object& config) {
  VETOR_RETURN_IF_ERROR(CheckModelType(source));
  VETOR_ASSIGN_OR_RETURN(const ModuleKinds kinds, ReadKinds(source));
  if (kinds.cross_encoder) return NoEmbedder(source, "a cross-encoder by its modules.json");
  const std::string_view architecture = Architecture(config);
  if (kinds.pooling || !architecture.ends_with("ForSequenceClassification")) return Status();
  return NoEmbedder(source, "a cross-encoder or classifier (" + Quoted(architecture) +
                                ") without a Pooling in modules.json");
}

}  // namespace vetor
