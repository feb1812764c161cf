// One TensorProto of an .onnx file, by what it says about itself; its data is measured, not read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/proto_message.h"
#include "vetor/status.h"

namespace vetor {

/// TensorProto.DataType as a number; names by OnnxTypeName.
using OnnxType = int32_t;

/// "float", "int64", ... ; "type 99" for a number this version does not know.
std::string OnnxTypeName(OnnxType type);

/// What a tensor of this type makes of a model that mostly consists of it: "fp32", "int8", ...
const char* OnnxPrecisionName(OnnxType type);

struct OnnxTensor {
  std::string name;
  OnnxType type = 0;
  std::vector<int64_t> dims;
  uint64_t elements = 0;  ///< Product of dims.
  bool external = false;
  std::string location;       ///< Of external data, as written.
  uint64_t external_end = 0;  ///< offset + length: bytes the external file must have.
};

/// Throws protozero::exception where the message is cut short; DATA_LOSS where raw data or an
/// external length does not fit the shape, or where a type without a size (strings) has raw bytes;
/// UNIMPLEMENTED for external data of a type that this version does not know.
Result<OnnxTensor> ReadOnnxTensor(ProtoMessage message);

}  // namespace vetor
