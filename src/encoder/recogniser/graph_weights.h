// A recognised graph's weights as they lie in its files.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "encoder/recogniser/graph_constants.h"
#include "encoder/stored_weights.h"
#include "formats/onnx/graph_files.h"

namespace vetor::recogniser {

/// The float tensors of more than one element, by the names of the graph.
class GraphWeights final : public StoredWeights {
 public:
  /// Throws ProtoError. A tensor that cannot be read is left out.
  GraphWeights(std::shared_ptr<const GraphFiles> files, const std::filesystem::path& graph);

  const std::filesystem::path& folder() const override { return folder_; }
  const TensorView* Find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  std::vector<const MappedFile*> files() const override;
  void DropPages() const override;

 private:
  const std::shared_ptr<const GraphFiles> files_;
  const std::filesystem::path folder_;
  std::map<std::string, TensorView, std::less<>> tensors_;
};

/// The content of the external files, which `files` must outlive.
ExternalFiles ExternalFilesOf(const GraphFiles& files);

}  // namespace vetor::recogniser
