// The element types of tensors: the only table of TensorProto.DataType.
#pragma once

#include <cstdint>
#include <string>

namespace vetor {

/// TensorProto.DataType of onnx.proto, IR version 13, with its numbers. A file may hold any other
/// number, too; each function below says what it returns for one.
enum class OnnxElement : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBfloat16 = 16,
  kFloat8E4M3FN = 17,
  kFloat8E4M3FNUZ = 18,
  kFloat8E5M2 = 19,
  kFloat8E5M2FNUZ = 20,
  kUint4 = 21,
  kInt4 = 22,
  kFloat4E2M1 = 23,
  kFloat8E8M0 = 24,
  kUint2 = 25,
  kInt2 = 26,
};

/// False for a number that the table does not have.
bool IsKnown(OnnxElement element);

/// "float", "int64", ...; "type 99" for a number that is not in the table.
std::string OnnxElementName(OnnxElement element);

/// The precision of a model that consists mostly of such tensors: "fp32", "int8", ...; "unknown"
/// for a number that is not in the table.
const char* OnnxPrecisionName(OnnxElement element);

/// Bits of one element. 0 for strings, which have no fixed size, and for an unknown number.
/// Elements smaller than a byte are packed.
uint64_t OnnxElementBits(OnnxElement element);

/// Bytes of one element; 0 if that is not a whole number.
uint64_t OnnxElementBytes(OnnxElement element);

}  // namespace vetor
