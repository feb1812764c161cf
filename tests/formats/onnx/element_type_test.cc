#include "formats/onnx/element_type.h"

#include <gtest/gtest.h>

namespace vetor {
namespace {

// The numbers, names and sizes are those of onnx.proto: the ends of the table, and one type of each
// size.
TEST(OnnxElementTest, TheTableIsThatOfOnnx) {
  struct Row {
    int number;
    OnnxElement element;
    const char* name;
    const char* precision;
    uint64_t bits;
    uint64_t bytes;
  };
  for (const Row& row : {Row{0, OnnxElement::kUndefined, "undefined", "undefined", 0, 0},
                         Row{1, OnnxElement::kFloat, "float", "fp32", 32, 4},
                         Row{3, OnnxElement::kInt8, "int8", "int8", 8, 1},
                         Row{7, OnnxElement::kInt64, "int64", "int64", 64, 8},
                         Row{8, OnnxElement::kString, "string", "string", 0, 0},
                         Row{10, OnnxElement::kFloat16, "float16", "fp16", 16, 2},
                         Row{15, OnnxElement::kComplex128, "complex128", "complex128", 128, 16},
                         Row{16, OnnxElement::kBfloat16, "bfloat16", "bf16", 16, 2},
                         Row{17, OnnxElement::kFloat8E4M3FN, "float8e4m3fn", "fp8", 8, 1},
                         Row{22, OnnxElement::kInt4, "int4", "int4", 4, 0},
                         Row{26, OnnxElement::kInt2, "int2", "int2", 2, 0}}) {
    EXPECT_EQ(static_cast<int>(row.element), row.number);
    EXPECT_TRUE(IsKnown(row.element));
    EXPECT_EQ(OnnxElementName(row.element), row.name);
    EXPECT_STREQ(OnnxPrecisionName(row.element), row.precision);
    EXPECT_EQ(OnnxElementBits(row.element), row.bits) << row.name;
    EXPECT_EQ(OnnxElementBytes(row.element), row.bytes) << row.name;
  }
}

TEST(OnnxElementTest, AnotherNumberIsUnknown) {
  for (const int number : {-1, 27, 1 << 30}) {
    const auto element = static_cast<OnnxElement>(number);
    EXPECT_FALSE(IsKnown(element));
    EXPECT_EQ(OnnxElementName(element), "type " + std::to_string(number));
    EXPECT_STREQ(OnnxPrecisionName(element), "unknown");
    EXPECT_EQ(OnnxElementBits(element), 0U);
    EXPECT_EQ(OnnxElementBytes(element), 0U);
  }
}

}  // namespace
}  // namespace vetor
