// The one reader of a TensorProto as its file describes it. The data stay where they are, so that
// an initialiser of gigabytes costs nothing to read.
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

/// No shape has more dimensions. A shape of a file that has is kept up to one more, so that it is
/// seen to be impossible and costs no memory.
inline constexpr size_t kMostOnnxDims = 64;

/// Views into the file's bytes, which must outlive it.
struct OnnxTensorView {
  ProtoMessage message;  ///< The whole TensorProto.
  std::string_view name;
  OnnxElement element = OnnxElement::kUndefined;
  std::vector<int64_t> dims;
  bool has_raw = false;
  std::string_view raw;        ///< raw_data: row-major, little-endian.
  bool external = false;       ///< The data lie in another file.
  bool has_reference = false;  ///< It has external_data or data_location, external or not.
  std::string_view location;   ///< The location in external_data, as written.
  std::string_view offset_text, length_text;  ///< As written; OnnxPlaceOf reads them.
};

/// Throws ProtoError for malformed bytes.
OnnxTensorView ReadOnnxTensor(ProtoMessage message);

/// Where external data lie.
struct OnnxPlace {
  uint64_t offset = 0;
  std::optional<uint64_t> length;  ///< Absent: as many bytes as the shape needs.
};

/// Nullopt if offset or length is not a number.
std::optional<OnnxPlace> OnnxPlaceOf(const OnnxTensorView& tensor);

struct OnnxTensorSize {
  uint64_t elements = 0;      ///< Product of the dimensions.
  uint64_t external_end = 0;  ///< Bytes that the external file must have; 0 for data in the file.
};

/// Compares what the tensor says about its data with its shape. DATA_LOSS if the shape is
/// impossible, raw data or an external length does not fit it, or a type without a size (strings)
/// has raw bytes; UNIMPLEMENTED for external data of a type that this version does not know.
Result<OnnxTensorSize> MeasureOnnxTensor(const OnnxTensorView& tensor);

/// The first `most` numbers of a float32 or int64 tensor whose data lie in the graph; empty for
/// other types. Throws ProtoError.
std::vector<double> OnnxNumbers(const OnnxTensorView& tensor, size_t most);

/// The tensor's fields, as they stand, without raw_data, external_data and data_location. Throws
/// ProtoError.
std::string OnnxTensorWithoutData(const OnnxTensorView& tensor);

}  // namespace vetor
