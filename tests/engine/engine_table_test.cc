#include "engine/engine_table.h"

#include <gtest/gtest.h>

namespace vetor {
namespace {

TEST(EngineTableTest, EachValueOfTheSettingHasARow) {
  for (const auto& [kind, name] : ChoicesOf<BackendKind>::kAll) {
    EXPECT_EQ(EngineRowOf(kind).kind, kind) << name;
  }
  EXPECT_EQ(EngineRowOf(std::nullopt).kind, BackendKind::kHashing) << "not set";
}

TEST(EngineTableTest, SaysWhichNeedAModel) {
  EXPECT_FALSE(NeedsModel(std::nullopt));
  EXPECT_FALSE(NeedsModel(BackendKind::kHashing));
  EXPECT_TRUE(NeedsModel(BackendKind::kOnnx));
  const std::unique_ptr<Backend> hashing =
      EngineRowOf(BackendKind::kHashing).without_model(8, true);
  EXPECT_EQ(hashing->traits().width, 8U);
  EXPECT_EQ(hashing->traits().input, BackendInput::kTexts);
}

}  // namespace
}  // namespace vetor
