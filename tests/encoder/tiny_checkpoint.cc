#include "tests/encoder/tiny_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/status_macros.h"
#include "formats/safetensors.h"
#include "tests/support/test_paths.h"

namespace vetor::testing {
namespace {

std::filesystem::path Folder(const std::string& family) {
  return TestData("exporter/families") / family;
}

template <typename T>
std::vector<T> Values(const Safetensors::Tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace

std::vector<std::string> TinyFamilies() {
  return {"bert",       "roberta",    "xlm-roberta", "camembert", "mpnet",      "distilbert",
          "modernbert", "nomic_bert", "new",         "qwen3",     "gemma3_text"};
}

std::vector<FamilyAndOpset> FamiliesAtEveryOpset() {
  std::vector<FamilyAndOpset> all;
  for (const std::string& family : TinyFamilies()) {
    for (const int opset : {12, 13, 14, 17, 18, 20, 23}) all.emplace_back(family, opset);
  }
  return all;
}

std::string NameOfFamilyAndOpset(const ::testing::TestParamInfo<FamilyAndOpset>& suite) {
  auto [name, opset] = suite.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name + "_opset_" + std::to_string(opset);
}

Result<Encoder> OpenTiny(const std::string& family) {
  VETOR_ASSIGN_OR_RETURN(auto checkpoint, Checkpoint::Open(Folder(family)));
  return ReadEncoder(std::move(checkpoint));
}

Result<std::map<std::string, GoldenBatch>> ReadGolden(const std::string& family) {
  VETOR_ASSIGN_OR_RETURN(const Safetensors file,
                         Safetensors::Open(Folder(family) / "golden.safetensors"));
  std::map<std::string, GoldenBatch> batches;
  for (const auto& [name, tensor] : file.tensors()) {
    const size_t dot = name.find('.');
    GoldenBatch& batch = batches[name.substr(0, dot)];
    const std::string what = name.substr(dot + 1);
    if (what == "last_hidden_state") {
      batch.last_hidden_state = {{tensor.shape.begin(), tensor.shape.end()}, Values<float>(tensor)};
    } else {
      batch.inputs[what] = {static_cast<int64_t>(tensor.shape[0]),
                            static_cast<int64_t>(tensor.shape[1]), Values<int64_t>(tensor)};
    }
  }
  return batches;
}

std::optional<double> LargestDifference(const GoldenBatch& golden, const FloatTable& found) {
  if (found.shape != golden.last_hidden_state.shape) return std::nullopt;
  const std::vector<int64_t>& mask = golden.inputs.at("attention_mask").values;
  const auto hidden = static_cast<size_t>(found.shape[2]);
  double largest = 0;
  for (size_t i = 0; i < found.values.size(); ++i) {
    if (!std::isfinite(found.values[i])) return std::nullopt;
    if (mask[i / hidden] == 0) continue;
    const double difference = double{found.values[i]} - double{golden.last_hidden_state.values[i]};
    largest = std::max(largest, std::fabs(difference));
  }
  return largest;
}

}  // namespace vetor::testing
