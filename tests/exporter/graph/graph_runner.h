// Runs an exported graph in ONNX Runtime with any inputs, also padded batches, which the library's
// own backend never makes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor::testing {

/// Row-major, [rows, columns].
struct TokenTable {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<int64_t> values;
};

struct FloatTable {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

class GraphRunner {
 public:
  /// Loads the graph as any program would, with all of the runtime's optimisations. If `optimised`
  /// is set, the optimised graph is written there.
  static Result<std::unique_ptr<GraphRunner>> Open(const std::filesystem::path& graph,
                                                   const std::filesystem::path& optimised = {});
  ~GraphRunner();

  const std::vector<std::string>& inputs() const;
  const std::vector<std::string>& outputs() const;

  /// Maps the name of each output to its value. Inputs that the graph does not have are left out.
  Result<std::map<std::string, FloatTable>> Run(const std::map<std::string, TokenTable>& inputs);

 private:
  struct Session;
  explicit GraphRunner(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

}  // namespace vetor::testing
