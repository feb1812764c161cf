#include "formats/onnx/element_type.h"

#include <array>
#include <cstddef>

namespace vetor {
namespace {

struct ElementFacts {
  const char* name;
  const char* precision;
  uint64_t bits;  // 0 means that elements have no fixed size.
};

// The index is the number of the type.
constexpr std::array<ElementFacts, 27> kElements = {{
    {"undefined", "undefined", 0},
    {"float", "fp32", 32},
    {"uint8", "int8", 8},
    {"int8", "int8", 8},
    {"uint16", "int16", 16},
    {"int16", "int16", 16},
    {"int32", "int32", 32},
    {"int64", "int64", 64},
    {"string", "string", 0},
    {"bool", "bool", 8},
    {"float16", "fp16", 16},
    {"double", "fp64", 64},
    {"uint32", "int32", 32},
    {"uint64", "int64", 64},
    {"complex64", "complex64", 64},
    {"complex128", "complex128", 128},
    {"bfloat16", "bf16", 16},
    {"float8e4m3fn", "fp8", 8},
    {"float8e4m3fnuz", "fp8", 8},
    {"float8e5m2", "fp8", 8},
    {"float8e5m2fnuz", "fp8", 8},
    {"uint4", "int4", 4},
    {"int4", "int4", 4},
    {"float4e2m1", "fp4", 4},
    {"float8e8m0", "fp8", 8},
    {"uint2", "int2", 2},
    {"int2", "int2", 2},
}};

const ElementFacts* Find(OnnxElement element) {
  const auto index = static_cast<size_t>(static_cast<uint32_t>(element));
  return index < kElements.size() ? &kElements[index] : nullptr;
}

}  // namespace

bool IsKnown(OnnxElement element) { return Find(element) != nullptr; }

std::string OnnxElementName(OnnxElement element) {
  const ElementFacts* facts = Find(element);
  return facts != nullptr ? facts->name : "type " + std::to_string(static_cast<int32_t>(element));
}

const char* OnnxPrecisionName(OnnxElement element) {
  const ElementFacts* facts = Find(element);
  return facts != nullptr ? facts->precision : "unknown";
}

uint64_t OnnxElementBits(OnnxElement element) {
  const ElementFacts* facts = Find(element);
  return facts != nullptr ? facts->bits : 0;
}

uint64_t OnnxElementBytes(OnnxElement element) {
  const uint64_t bits = OnnxElementBits(element);
  return bits % 8 == 0 ? bits / 8 : 0;
}

}  // namespace vetor
