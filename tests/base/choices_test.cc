#include "vetor/choices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vetor {
namespace {

using ::testing::ElementsAre;

template <typename E>
class ChoicesTest : public ::testing::Test {};
using All = ::testing::Types<BackendKind, Fallback, Precision, OnLong, TruncationSide, PoolingMode,
                             WhenFull, ExportLayout, QuantizeScheme, CacheState>;
TYPED_TEST_SUITE(ChoicesTest, All);

TYPED_TEST(ChoicesTest, EachNameIsReadAsItsValueAndTheTableFollowsTheEnumeration) {
  int place = 0;
  for (const Choice<TypeParam>& choice : ChoicesOf<TypeParam>::kAll) {
    EXPECT_EQ(static_cast<int>(choice.value), place++);
    EXPECT_EQ(ToString(choice.value), choice.name);
    const Result<TypeParam> parsed = Parse<TypeParam>(choice.name, "option");
    ASSERT_TRUE(parsed.ok()) << choice.name;
    EXPECT_EQ(*parsed, choice.value);
  }
  EXPECT_EQ(Parse<TypeParam>("", "option").status().code(), StatusCode::kInvalidArgument);
}

TEST(Choices, AnUnknownNameIsRefusedWithWhatThereIs) {
  EXPECT_EQ(Parse<OnLong>("split", "on_long").status().message(),
            "on_long is \"split\", expected \"truncate\", \"error\" or \"window\"");
  EXPECT_EQ(Parse<BackendKind>("magic", "backend").status().message(),
            "backend is \"magic\", expected \"hashing\" or \"onnx\"");
}

TEST(Choices, SeveralKeepTheirOrder) {
  const std::vector<std::string> names = {"int8", "fp32"};
  EXPECT_THAT(*ParseAll<Precision>(names, "precisions"),
              ElementsAre(Precision::kInt8, Precision::kFp32));
  const std::vector<std::string> unknown = {"int8", "int4"};
  EXPECT_EQ(ParseAll<Precision>(unknown, "precisions").status().message(),
            "precisions is \"int4\", expected \"auto\", \"fp32\", \"fp16\", \"int8\" or \"bf16\"");
}

}  // namespace
}  // namespace vetor
