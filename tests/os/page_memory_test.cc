#include "os/page_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace vetor {
namespace {

TEST(PageMemoryTest, IsZeroedAlignedAndWritable) {
  const auto memory = PageMemory::Allocate(5'000'000);
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory->data()) % (2 << 20), 0U);
  EXPECT_EQ(memory->size(), 5'000'000U);
  for (size_t i = 0; i < 1'250'000; ++i) ASSERT_EQ(memory->floats()[i], 0.0F);
  memory->floats()[1'249'999] = 1;
}

TEST(PageMemoryTest, MovingLeavesNothingBehind) {
  auto memory = PageMemory::Allocate(100);
  ASSERT_TRUE(memory.ok());
  float* const floats = memory->floats();
  PageMemory other;
  other = std::move(*memory);
  EXPECT_EQ(other.floats(), floats);
  EXPECT_EQ(memory->data(), nullptr);
}

TEST(PageMemoryTest, NothingIsNothing) {
  const auto memory = PageMemory::Allocate(0);
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory->data(), nullptr);
}

TEST(PageMemoryTest, MoreThanTheMachineCanAddressIsAnError) {
  const auto memory = PageMemory::Allocate(SIZE_MAX / 4);
  ASSERT_FALSE(memory.ok());
  EXPECT_EQ(memory.status().code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace vetor
