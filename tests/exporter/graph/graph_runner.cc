#include "tests/exporter/graph/graph_runner.h"

#include <utility>

#include "backend/onnx/ort.h"
#include "backend/onnx/runtime_library.h"
#include "base/status_macros.h"
#include "tests/support/test_paths.h"

namespace vetor::testing {

struct GraphRunner::Session {
  Ort::Session session{nullptr};
  std::vector<std::string> inputs, outputs;
};

GraphRunner::GraphRunner(std::unique_ptr<Session> session) : session_(std::move(session)) {}
GraphRunner::~GraphRunner() = default;

const std::vector<std::string>& GraphRunner::inputs() const { return session_->inputs; }
const std::vector<std::string>& GraphRunner::outputs() const { return session_->outputs; }

Result<std::unique_ptr<GraphRunner>> GraphRunner::Open(const std::filesystem::path& graph,
                                                       const std::filesystem::path& optimised) {
  VETOR_ASSIGN_OR_RETURN(const RuntimeLibrary runtime, LoadRuntime(TestRuntime()));
  try {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);
    options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
    options.SetLogSeverityLevel(3);
    if (!optimised.empty()) options.SetOptimizedModelFilePath(optimised.c_str());
    auto session = std::make_unique<Session>();
    session->session = Ort::Session(*runtime.env, graph.c_str(), options);
    session->inputs = session->session.GetInputNames();
    session->outputs = session->session.GetOutputNames();
    return std::unique_ptr<GraphRunner>(new GraphRunner(std::move(session)));
  } catch (const Ort::Exception& error) {
    return OrtError(error, graph.string());
  }
}

Result<std::map<std::string, FloatTable>> GraphRunner::Run(
    const std::map<std::string, TokenTable>& inputs) {
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  try {
    std::vector<const char*> input_names, output_names;
    std::vector<Ort::Value> values;
    for (const std::string& name : session_->inputs) {
      const TokenTable& table = inputs.at(name);
      const int64_t shape[] = {table.rows, table.columns};
      input_names.push_back(name.c_str());
      values.push_back(Ort::Value::CreateTensor<int64_t>(
          memory, const_cast<int64_t*>(table.values.data()), table.values.size(), shape, 2));
    }
    for (const std::string& name : session_->outputs) output_names.push_back(name.c_str());
    const auto results =
        session_->session.Run(Ort::RunOptions(), input_names.data(), values.data(), values.size(),
                              output_names.data(), output_names.size());
    std::map<std::string, FloatTable> outputs;
    for (size_t i = 0; i < results.size(); ++i) {
      const auto info = results[i].GetTensorTypeAndShapeInfo();
      const auto* floats = results[i].GetTensorData<float>();
      outputs[session_->outputs[i]] = {info.GetShape(), {floats, floats + info.GetElementCount()}};
    }
    return outputs;
  } catch (const Ort::Exception& error) {
    return OrtError(error, "run");
  }
}

}  // namespace vetor::testing
