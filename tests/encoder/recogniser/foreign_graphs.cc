#include "tests/encoder/recogniser/foreign_graphs.h"

#include <algorithm>
#include <system_error>

#include "tests/support/unpacked_data.h"

namespace vetor::testing {

std::vector<std::string> ForeignGraphs() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(UnpackedData("foreign_graphs"), error)) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::filesystem::path ForeignGraph(const std::string& name) {
  return UnpackedData("foreign_graphs") / (name + ".onnx");
}

std::string TokenOutputOf(const std::string& name) {
  return name.find(".sentence_transformers.") == std::string::npos ? "last_hidden_state"
                                                                   : "token_embeddings";
}

}  // namespace vetor::testing
