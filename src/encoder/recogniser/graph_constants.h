// The constants of a graph: its initialisers and what its Constant nodes hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "encoder/recogniser/symbol.h"
#include "formats/onnx/graph_view.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// Nullopt if the elements are no floats that weights may have.
std::optional<WeightType> WeightTypeOf(OnnxElement element);

/// Content of the files that external data lie in, by location as the graph writes it.
using ExternalFiles = std::map<std::string, std::string_view, std::less<>>;

/// Views into the graph's bytes and the external files, which must outlive it.
class GraphConstants {
 public:
  GraphConstants(const OnnxGraphView& view, const ExternalFiles& external);

  bool Has(std::string_view value) const { return tensors_.contains(value); }

  /// A value that two tensors give: initialisers, or constants. Empty: there is none.
  std::string_view twice() const { return twice_; }

  /// kNumber, kSizes, kIndex (a table that counts up along its last axis), kChoice (one truth
  /// value), or kTensor. Throws ProtoError. UNIMPLEMENTED for anything else; DATA_LOSS where
  /// external data are not there.
  Result<Symbol> Read(std::string_view value) const;

 private:
  Result<std::string_view> BytesOf(const OnnxGraphTensor& part) const;
  Result<Symbol> ReadFloats(const OnnxGraphTensor& part) const;
  Result<Symbol> ReadIntegers(const OnnxGraphTensor& part) const;

  const ExternalFiles& external_;
  std::string_view twice_;
  std::unordered_map<std::string_view, const OnnxGraphTensor*> tensors_;
};

}  // namespace vetor::recogniser
