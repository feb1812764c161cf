#include "formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "tests/model/safetensors_writer.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SafetensorsTest : public ::testing::Test {
 protected:
  Result<Safetensors> OpenBytes(std::string_view bytes) {
    return Safetensors::Open(folder_.Write("model.safetensors", bytes));
  }
  Result<std::vector<float>> ReadFloats(const std::string& dtype, std::string_view data,
                                        uint64_t count) {
    const std::string header = R"({"x":{"dtype":")" + dtype + R"(","shape":[)" +
                               std::to_string(count) + R"(],"data_offsets":[0,)" +
                               std::to_string(data.size()) + "]}}";
    const auto file = OpenBytes(SafetensorsBytes(header, data));
    if (!file.ok()) return file.status();
    return file->Floats("x", {count});
  }
  TemporaryFolder folder_;
};

TEST_F(SafetensorsTest, ReadsEveryFloatType) {
  const std::array<float, 3> f32 = {1.5F, -2.0F, 1e-30F};
  EXPECT_THAT(*ReadFloats("F32", RawBytes<float>(f32), 3), ElementsAre(1.5F, -2.0F, 1e-30F));
  const std::array<double, 2> f64 = {0.1, -3.0};
  EXPECT_THAT(*ReadFloats("F64", RawBytes<double>(f64), 2), ElementsAre(0.1F, -3.0F));
  const std::array<uint16_t, 2> bf16 = {0x3FC0, 0xC000};
  EXPECT_THAT(*ReadFloats("BF16", RawBytes<uint16_t>(bf16), 2), ElementsAre(1.5F, -2.0F));
}

// Values of IEEE 754 binary16: one, the smallest normal, the smallest and the greatest subnormal,
// the greatest.
TEST_F(SafetensorsTest, HalvesAreExactDownToTheirSubnormals) {
  const std::array<uint16_t, 9> f16 = {0x3C00, 0xC000, 0x0400, 0x0001, 0x03FF,
                                       0x7BFF, 0x8000, 0x7C00, 0x7E00};
  const auto floats = ReadFloats("F16", RawBytes<uint16_t>(f16), 9);
  ASSERT_TRUE(floats.ok()) << floats.status().ToString();
  EXPECT_EQ((*floats)[0], 1.0F);
  EXPECT_EQ((*floats)[1], -2.0F);
  EXPECT_EQ((*floats)[2], 0x1p-14F);
  EXPECT_EQ((*floats)[3], 0x1p-24F);
  EXPECT_EQ((*floats)[4], 1023 * 0x1p-24F);
  EXPECT_EQ((*floats)[5], 65504.0F);
  EXPECT_TRUE((*floats)[6] == 0.0F && std::signbit((*floats)[6]));
  EXPECT_EQ((*floats)[7], std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan((*floats)[8]));
}

TEST_F(SafetensorsTest, PaddingMetadataScalarsAndEmptyTensorsAreLegal) {
  const auto file = OpenBytes(SafetensorsBytes(
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
      R"("e":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]}}   )",
      std::string(4, '\0')));
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_EQ(file->tensors().size(), 2U);
  EXPECT_THAT(*file->Floats("a", {}), ElementsAre(0.0F));
  EXPECT_TRUE(file->Floats("e", {0, 7})->empty());
}

TEST_F(SafetensorsTest, WhatBreaksTheFormatIsRefused) {
  const std::string a = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  const std::string four(4, 'x');
  const std::string eight(8, 'x');
  const std::pair<const char*, std::string> cases[] = {
      {"shorter than its length", std::string(7, '\0')},
      {"header longer than the file", std::string("\xFF\0\0\0\0\0\0\0{}", 10)},
      {"header of 2^63 bytes", std::string("\0\0\0\0\0\0\0\x80{}", 10)},
      {"no JSON", SafetensorsBytes("{\"a\":", "")},
      {"an array", SafetensorsBytes("[]", "")},
      {"leading space", SafetensorsBytes(" {}", "")},
      {"trailing bytes", SafetensorsBytes("{" + a + "}", eight)},
      {"missing bytes", SafetensorsBytes("{" + a + "}", "x")},
      {"duplicate names", SafetensorsBytes("{" + a + "," + a + "}", four)},
      {"a hole",
       SafetensorsBytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight)},
      {"an overlap",
       SafetensorsBytes(
           "{" + a + R"(,"b":{"dtype":"F32","shape":[1],)" + R"("data_offsets":[0,4]}})", four)},
      {"size against shape",
       SafetensorsBytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", four)},
      {"begin after end",
       SafetensorsBytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", four)},
      {"overflow", SafetensorsBytes(R"({"a":{"dtype":"F32","shape":[4611686018427387905,4],)"
                                    R"("data_offsets":[0,4]}})",
                                    four)},
      {"negative",
       SafetensorsBytes(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", four)},
      {"unknown dtype",
       SafetensorsBytes(R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", four)},
      {"three offsets",
       SafetensorsBytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})", four)},
      {"no dtype", SafetensorsBytes(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", four)},
      {"no object", SafetensorsBytes(R"({"a":1})", "")},
  };
  for (const auto& [what, bytes] : cases) {
    const auto file = OpenBytes(bytes);
    ASSERT_FALSE(file.ok()) << what;
    EXPECT_EQ(file.status().code(), StatusCode::kDataLoss) << what;
    EXPECT_THAT(file.status().message(), HasSubstr("model.safetensors")) << what;
  }
}

TEST_F(SafetensorsTest, AWrongShapeNameOrTypeIsNamed) {
  const auto file =
      OpenBytes(SafetensorsBytes(R"({"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                                 R"("i":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}})",
                                 std::string(16, '\0')));
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_THAT(file->Floats("a", {1, 2}).status().message(),
              AllOf(HasSubstr("[2, 1]"), HasSubstr("[1, 2]")));
  EXPECT_EQ(file->Floats("b", {1}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(file->Floats("i", {1}).status().code(), StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace vetor
