// Reads a TensorProto as its file describes it; no other code does. The data stay in place, so
// reading an initialiser of gigabytes costs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/element_type.h"
#include "formats/proto_message.h"
#include "vetor/status.h"

namespace vetor {

/// No shape has more dimensions. If a file's shape does, one more than this is kept: that shows
/// that the shape is impossible, and costs no memory.
inline constexpr size_t kMostOnnxDims = 64;

/// Holds views into the file's bytes, which must outlive it.
struct OnnxTensorView {
  ProtoMessage message;  ///< The whole TensorProto.
  std::string_view name;
  OnnxElement element = OnnxElement::kUndefined;
  std::vector<int64_t> dims;
  bool has_raw = false;
  std::string_view raw;   ///< raw_data: row-major, little-endian.
  bool external = false;  ///< The data lie in another file.
  /// True if it has external_data or data_location, even if the data are not external.
  bool has_reference = false;
  std::string_view location;  ///< The location in external_data, as the file writes it.
  std::string_view offset_text, length_text;  ///< As the file writes them; OnnxPlaceOf reads them.
};

/// Throws ProtoError for malformed bytes.
OnnxTensorView ReadOnnxTensor(ProtoMessage message);

/// Where external data lie.
struct OnnxPlace {
  uint64_t offset = 0;
  /// If it is absent, the data have as many bytes as the shape needs.
  std::optional<uint64_t> length;
};

/// Nullopt if offset or length is not a number.
std::optional<OnnxPlace> OnnxPlaceOf(const OnnxTensorView& tensor);

struct OnnxTensorSize {
  uint64_t elements = 0;  ///< The product of the dimensions.
  /// How many bytes the external file must have; 0 if the data are in the graph's file.
  uint64_t external_end = 0;
};

/// Compares what the tensor says about its data with its shape. DATA_LOSS if the shape is
/// impossible, if raw data or an external length do not fit it, or if a type without a size
/// (strings) has raw bytes; UNIMPLEMENTED for external data of a type that this version does not
/// know.
Result<OnnxTensorSize> MeasureOnnxTensor(const OnnxTensorView& tensor);

/// The first `most` numbers of a float32 or int64 tensor whose data lie in the graph; empty for
/// other types. Throws ProtoError.
std::vector<double> OnnxNumbers(const OnnxTensorView& tensor, size_t most);

/// The tensor's fields as they stand, but without raw_data, external_data and data_location. Throws
/// ProtoError.
std::string OnnxTensorWithoutData(const OnnxTensorView& tensor);

}  // namespace vetor
