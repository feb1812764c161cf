#include "hub/file_selection.h"

#include <algorithm>
#include <set>

namespace vetor {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether the name is like "1_Pooling", as the folders are called that modules.json names in
// practice.
bool IsModuleFolder(std::string_view folder) {
  const size_t line = folder.find('_');
  return line != std::string_view::npos && line > 0 && folder.find('/') == folder.npos &&
         std::all_of(folder.begin(), folder.begin() + static_cast<std::ptrdiff_t>(line), IsDigit);
}

struct Parts {
  std::string_view folder;
  std::string_view name;
};

Parts Split(std::string_view file) {
  const size_t slash = file.rfind('/');
  if (slash == std::string_view::npos) return {{}, file};
  return {file.substr(0, slash), file.substr(slash + 1)};
}

bool IsSettingsFile(std::string_view name) {
  // An index belongs to its shards: it is fetched with them or not at all.
  if (name.ends_with(".index.json") || name.starts_with(".")) return false;
  if (name.ends_with(".json") || name.ends_with(".model")) return true;
  return name == "vocab.txt" || name == "merges.txt";
}

class Selector {
 public:
  explicit Selector(const std::vector<std::string>& listed)
      : listed_(listed), names_(listed.begin(), listed.end()) {}

  void AddSettings() {
    const bool tokenizer_at_top = names_.contains("tokenizer.json");
    for (const std::string& file : listed_) {
      const auto [folder, name] = Split(file);
      const bool place =
          folder.empty() || IsModuleFolder(folder) || (folder == "onnx" && !tokenizer_at_top);
      if (place && IsSettingsFile(name)) Add(file);
    }
    // A Dense layer's weights shape the vector as much as its configuration does.
    for (const std::string& file : listed_) {
      const std::string_view folder = Split(file).folder;
      if (folder != kOldTransformer && IsModuleFolder(folder)) AddWeightsIn(folder);
    }
  }

  bool AddGraph() {
    for (const std::string graph : {"model.onnx", "onnx/model.onnx", "0_Transformer/model.onnx",
                                    "0_Transformer/onnx/model.onnx"}) {
      if (!names_.contains(graph)) continue;
      Add(graph);
      for (const std::string& file : listed_) {
        if (file.starts_with(graph + "_data") || file.starts_with(graph + ".data")) Add(file);
      }
      return true;
    }
    return false;
  }

  bool AddWeights() { return AddWeightsIn("") || AddWeightsIn(kOldTransformer); }

  bool AddMatching(const std::vector<std::string>& patterns) {
    bool any = false;
    for (const std::string& file : listed_) {
      if (std::none_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return MatchesPattern(file, pattern); })) {
        continue;
      }
      Add(file);
      any = true;
    }
    return any;
  }

  std::vector<std::string> Take() { return {chosen_.begin(), chosen_.end()}; }

 private:
  static constexpr const char* kOldTransformer = "0_Transformer";

  void Add(const std::string& file) { chosen_.insert(file); }

  bool AddWeightsIn(std::string_view folder) {
    const std::string place = folder.empty() ? "" : std::string(folder) + "/";
    struct Form {
      const char* whole;
      const char* index;
      const char* shards;
    };
    for (const Form& form :
         {Form{"model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors"},
          Form{"pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*-of-*.bin"}}) {
      if (names_.contains(place + form.whole)) {
        Add(place + form.whole);
        return true;
      }
      if (!names_.contains(place + form.index)) continue;
      Add(place + form.index);
      for (const std::string& file : listed_) {
        const Parts parts = Split(file);
        if (parts.folder == folder && MatchesPattern(parts.name, form.shards)) Add(file);
      }
      return true;
    }
    return false;
  }

  const std::vector<std::string>& listed_;
  std::set<std::string> names_;
  std::set<std::string> chosen_;
};

}  // namespace

Result<FileSelection> SelectFiles(const std::vector<std::string>& listed, bool weights,
                                  const std::vector<std::string>& include) {
  Selector selector(listed);
  FileSelection selection;
  selector.AddSettings();
  selection.has_graph = selector.AddGraph();
  if (weights || !selection.has_graph) selection.has_weights = selector.AddWeights();
  const bool matched = selector.AddMatching(include);
  const bool adapter =
      std::find(listed.begin(), listed.end(), "adapter_config.json") != listed.end();
  if (!selection.has_graph && !selection.has_weights && !matched && adapter) {
    return NotFoundError(
        "it holds an adapter (adapter_config.json) and no model: name its base model, or a "
        "repository into whose weights the adapter is merged");
  }
  if (!selection.has_graph && !selection.has_weights && !matched) {
    return NotFoundError(
        "expected model.onnx, onnx/model.onnx, model.safetensors or pytorch_model.bin, found none "
        "of them among its " +
        std::to_string(listed.size()) +
        " files; name files to fetch by a pattern in option include");
  }
  selection.files = selector.Take();
  return selection;
}

bool MatchesPattern(std::string_view text, std::string_view pattern) {
  size_t t = 0;
  size_t p = 0;
  // The last '*'. A mismatch returns to it, and it takes one more byte.
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace vetor
