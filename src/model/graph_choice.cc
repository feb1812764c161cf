#include "model/graph_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "formats/model_file.h"
#include "os/cpu.h"
#include "os/file.h"
#include "tokenizer/vocabulary_kind.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

struct TokenizerFile {
  const char* name;
  VocabularyKind kind;
};

// Files that a tokenizer is read from, in the order of preference if no class says which counts. A
// folder with a SentencePiece model and a vocab.txt belongs to a family whose tokens are the
// pieces.
constexpr TokenizerFile kTokenizerFiles[] = {
    {"tokenizer.json", VocabularyKind::kTokenizerJson},
    {"sentencepiece.bpe.model", VocabularyKind::kPieces},
    {"spiece.model", VocabularyKind::kPieces},
    {"spm.model", VocabularyKind::kPieces},
    {"sentencepiece.model", VocabularyKind::kPieces},
    {"tokenizer.model", VocabularyKind::kPieces},
    {"vocab.txt", VocabularyKind::kWordList},
    {"vocab.json", VocabularyKind::kMerges},
};

// The file of that name in `folder`; empty if it is not there, or is half of a tokenizer.
fs::path FindWhole(const fs::path& folder, const char* name) {
  if (std::string_view(name) == "vocab.json" && !FileIsThere(folder / "merges.txt")) return {};
  return FileIsThere(folder / name) ? folder / name : fs::path();
}

// The file that the class reads, of the first folder that names a class; empty if no such file is
// there.
fs::path FindVocabularyOfClass(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    const VocabularyKind kind = KindOfFolder(folder);
    if (kind == VocabularyKind::kNone) continue;
    const std::string_view usual = ModelNameOfFolder(folder);
    if (!usual.empty() && FileIsThere(folder / usual)) return folder / usual;
    for (const TokenizerFile& file : kTokenizerFiles) {
      if (file.kind != kind) continue;
      fs::path found = FindWhole(folder, file.name);
      if (!found.empty()) return found;
    }
  }
  return {};
}

// Without "." and "..", and without a slash at the end, so that filename() is the folder's name.
fs::path FullPath(const fs::path& folder) {
  std::error_code error;
  const fs::path full = fs::absolute(folder.empty() ? "." : folder, error).lexically_normal();
  return full.has_filename() ? full : full.parent_path();
}

// The places of graphs in a folder, in the order of preference. Repositories from before
// sentence-transformers kept the transformer at the top have the last two.
constexpr std::array kPlaces = {"", "onnx", "0_Transformer", "0_Transformer/onnx"};

// Relative to the folder, sorted.
std::vector<std::string> FindFiles(const fs::path& folder, const char* extension) {
  std::vector<std::string> names;
  for (const char* place : kPlaces) {
    std::error_code error;
    for (fs::directory_iterator it(folder / place, error), end; !error && it != end;
         it.increment(error)) {
      const fs::path file = it->path();
      if (file.extension() != extension || !FileIsThere(file)) continue;
      names.push_back((fs::path(place) / file.filename()).generic_string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> FindGraphs(const fs::path& folder) { return FindFiles(folder, ".onnx"); }

// Names by which exporters (Optimum, sentence-transformers, transformers.js) mark a precision, in
// the order of preference. Files for one instruction set come last, and only if this machine has
// it: the same folder should give the same vectors everywhere.
std::vector<std::string> NamesFor(Precision precision) {
  if (precision == Precision::kFp32 || precision == Precision::kAuto) return {"model.onnx"};
  if (precision == Precision::kFp16) return {"model_fp16.onnx", "model.fp16.onnx"};
  // Our own kernels compute in bf16 with the fp32 file; no runtime on a CPU does with one in bf16.
  if (precision == Precision::kBf16) return {"model.onnx", "model_bf16.onnx", "model.bf16.onnx"};
  std::vector<std::string> names = {"model_quantized.onnx", "model_int8.onnx", "model_uint8.onnx",
                                    "model.qdyn.onnx"};
  constexpr std::array kByFeature = {
      std::pair{"avx512_vnni", "model_qint8_avx512_vnni.onnx"},
      std::pair{"avx512f", "model_qint8_avx512.onnx"},
      std::pair{"avx2", "model_quint8_avx2.onnx"},
      std::pair{"asimd", "model_qint8_arm64.onnx"},
  };
  const std::vector<std::string> features = CpuFeatures();
  for (const auto& [feature, name] : kByFeature) {
    if (std::find(features.begin(), features.end(), feature) != features.end()) {
      names.emplace_back(name);
    }
  }
  return names;
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += ReplaceInvalidUtf8(name);
  }
  return text;
}

// The runtime's own form: made for one processor and one version, and not readable as a graph.
Status OrtFormat(const fs::path& path) {
  return UnimplementedError(path.string() +
                            " is in ORT format, expected .onnx: use the .onnx file that it was "
                            "made from, or export the model again (vetor export)");
}

// The files of a folder with weights, see Checkpoint::Open.
constexpr std::array kWeightFiles = {"model.safetensors", "pytorch_model.bin",
                                     "model.safetensors.index.json",
                                     "pytorch_model.bin.index.json"};

// A folder without a graph often holds the weights in another form.
std::string RemedyWithoutGraph(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "adapter_config.json", ignored)) {
    return "it holds an adapter: merge it into its base model, export that (`vetor export`), and "
           "name the exported folder";
  }
  for (const char* weights : kWeightFiles) {
    std::error_code error;
    if (fs::exists(folder / weights, error)) {
      return fmt::format(
          "it has {}: make an ONNX model of it first, `vetor export {} --output NEW_FOLDER`, or "
          "leave ai.onnx.runtime at \"auto\" for a folder with weights and config.json",
          weights, folder.string());
    }
  }
  return "name the folder or .onnx file of a model (`vetor export FOLDER --output NEW_FOLDER` "
         "makes one from a folder with weights, `make run` makes one to try, `vetor pull ORG/NAME` "
         "fetches one)";
}

// config.json of the folder's checkpoint; empty if it has none.
fs::path FindCheckpoint(const fs::path& folder) {
  for (const char* place : {"", "0_Transformer"}) {
    const fs::path root = folder / place;
    const bool weights = std::any_of(kWeightFiles.begin(), kWeightFiles.end(),
                                     [&](const char* name) { return FileIsThere(root / name); });
    if (weights && FileIsThere(root / "config.json")) return root / "config.json";
  }
  return {};
}

Result<fs::path> ChooseInFolder(const fs::path& folder, Precision precision) {
  const std::vector<std::string> graphs = FindGraphs(folder);
  const std::vector<std::string> compiled = FindFiles(folder, ".ort");
  if (graphs.empty() && !compiled.empty()) return OrtFormat(folder / compiled[0]);
  if (graphs.empty()) {
    return NotFoundError("no ONNX graph in " + folder.string() +
                         ": expected model.onnx or onnx/model.onnx, found no .onnx file; " +
                         RemedyWithoutGraph(folder));
  }
  for (const std::string& name : NamesFor(precision)) {
    for (const char* place : kPlaces) {
      const std::string graph = (fs::path(place) / name).generic_string();
      if (std::find(graphs.begin(), graphs.end(), graph) != graphs.end()) return folder / graph;
    }
  }
  const bool any = precision == Precision::kAuto || precision == Precision::kBf16;
  if (graphs.size() == 1 && any) return folder / graphs[0];
  if (precision == Precision::kAuto) {
    return NotFoundError("no model.onnx in " + folder.string() + ", found " + Join(graphs) +
                         "; name the file to use, or set the precision");
  }
  return NotFoundError("no model of precision \"" + std::string(ToString(precision)) + "\" in " +
                       folder.string() + ": expected " + Join(NamesFor(precision)) + ", found " +
                       Join(graphs) + "; name one of these files");
}

// A folder's graph or its checkpoint, as the runtime wants it.
Status ChooseFrom(const ModelFolderOptions& options, GraphChoice* choice) {
  const fs::path checkpoint =
      options.runtime == Runtime::kOnnxRuntime ? fs::path() : FindCheckpoint(choice->folder);
  choice->checkpoint = !checkpoint.empty() &&
                       (options.runtime == Runtime::kNative || FindGraphs(choice->folder).empty());
  if (choice->checkpoint) {
    choice->graph = checkpoint;
    return Status();
  }
  VETOR_ASSIGN_OR_RETURN(choice->graph, ChooseInFolder(choice->folder, options.precision));
  return Status();
}

bool HasModelConfig(const fs::path& folder) {
  for (const char* name : {"modules.json", "config.json", "tokenizer.json"}) {
    if (FileIsThere(folder / name)) return true;
  }
  return false;
}

// Hub caches: .../models--ORG--NAME/snapshots/REVISION.
std::string HubName(const fs::path& folder) {
  constexpr std::string_view kPrefix = "models--";
  const fs::path snapshots = folder.parent_path();
  if (snapshots.filename() != "snapshots") return "";
  std::string name = snapshots.parent_path().filename().string();
  if (!std::string_view(name).starts_with(kPrefix)) return "";
  name.erase(0, kPrefix.size());
  const size_t dashes = name.find("--");
  if (dashes != std::string::npos) name.replace(dashes, 2, "/");
  return name;
}

// `file_given`: a graph called after the model, not "model...", names it better than its folder.
std::string ModelId(const GraphChoice& choice, bool file_given) {
  const std::string stem = choice.graph.stem().string();
  if (file_given && !std::string_view(stem).starts_with("model")) return ReplaceInvalidUtf8(stem);
  const fs::path folder = FullPath(choice.folder);
  const std::string hub_name = HubName(folder);
  if (!hub_name.empty()) return ReplaceInvalidUtf8(hub_name);
  const std::string name = folder.filename().string();
  return ReplaceInvalidUtf8(name.empty() ? stem : name);
}

Result<fs::path> ChooseTokenizer(const GraphChoice& choice, const fs::path& given) {
  if (!given.empty()) {
    VETOR_RETURN_IF_ERROR(CheckTokenizerPath(given));
    return given;
  }
  fs::path beside_name = choice.graph;
  beside_name.replace_extension();
  beside_name += "-tokenizer.json";
  const fs::path place = choice.graph.parent_path();
  if (FileIsThere(beside_name)) return beside_name;
  fs::path found = FindTokenizerFile({place, choice.folder, FullPath(place).parent_path()});
  if (!found.empty()) return found;
  const std::string others = ListOtherVocabularies(choice.folder);
  const std::string file_of_its_own =
      choice.graph.extension() == ".json" ? "" : beside_name.string() + " or ";
  return NotFoundError("no tokenizer for " + choice.graph.string() + ": expected " +
                       file_of_its_own + (place / "tokenizer.json").string() +
                       (others.empty() ? "" : ", found " + others) +
                       "; copy the model's tokenizer.json (or vocab.txt, or its SentencePiece "
                       "model) there, or set tokenizer_path");
}

Status MissingModel(const fs::path& path) {
  std::string message = "the model is not there: " + path.string();
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  if (!error) message += " is a link to " + target.string() + ", which does not exist";
  const std::string beside = ListGraphs(FullPath(path).parent_path());
  if (!beside.empty()) message += "; beside it there is " + beside;
  return NotFoundError(message +
                       "; name an .onnx file or a model folder (`make run` makes one, "
                       "`vetor pull ORG/NAME` fetches one)");
}

}  // namespace

fs::path FindTokenizerFile(const std::vector<fs::path>& folders) {
  for (const TokenizerFile& file : kTokenizerFiles) {
    for (const fs::path& folder : folders) {
      fs::path found = FindWhole(folder, file.name);
      if (!found.empty() && file.kind == VocabularyKind::kTokenizerJson) return found;
      if (found.empty()) continue;
      fs::path of_class = FindVocabularyOfClass(folders);
      return of_class.empty() ? found : of_class;
    }
  }
  return {};
}

Status CheckTokenizerPath(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return Status();
  return InvalidArgumentError(
      path.string() +
      " is a directory, expected a tokenizer file; name a file in it in ai.onnx.tokenizer_path, or "
      "the folder in ai.onnx.model_path");
}

std::string ListOtherVocabularies(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::path ending = it->path().extension();
    const bool fits =
        ending == ".model" || ending == ".spm" || ending == ".vocab" || ending == ".txt";
    if (fits && FileIsThere(it->path())) names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return Join(names);
}

std::string ListGraphs(const fs::path& folder) { return Join(FindGraphs(folder)); }

Result<GraphChoice> ChooseGraph(const ModelFolderOptions& options) {
  if (options.model_path.empty()) {
    return InvalidArgumentError("no model path; name an .onnx file or a model folder");
  }
  std::error_code error;
  const fs::file_status status = fs::status(options.model_path, error);
  if (status.type() == fs::file_type::not_found) return MissingModel(options.model_path);
  if (status.type() == fs::file_type::none) {
    return ErrnoError(error.value(), "cannot reach the model", options.model_path);
  }
  GraphChoice choice;
  const bool file_given = !fs::is_directory(status);
  if (file_given) {
    choice.graph = options.model_path;
    choice.folder = choice.graph.parent_path();
    if (choice.folder.empty()) choice.folder = ".";
    if (choice.graph.extension() == ".ort") return OrtFormat(choice.graph);
    fs::path place = FullPath(choice.folder);
    if (place.filename() == "onnx" && HasModelConfig(place.parent_path())) {
      place = place.parent_path();
      choice.folder = place;
    }
    if (place.filename() == "0_Transformer" && FileIsThere(place.parent_path() / "modules.json")) {
      choice.folder = place.parent_path();
    }
  } else {
    choice.folder = options.model_path;
    VETOR_RETURN_IF_ERROR(ChooseFrom(options, &choice));
  }
  VETOR_ASSIGN_OR_RETURN(choice.tokenizer, ChooseTokenizer(choice, options.tokenizer_path));
  choice.model_id = ModelId(choice, file_given);
  return choice;
}

}  // namespace vetor
