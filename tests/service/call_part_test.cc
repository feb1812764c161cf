#include "service/call_part.h"

#include <gtest/gtest.h>

namespace vetor {
namespace {

size_t PartOf(size_t left, const PartShape& shape, size_t bytes_each) {
  return TextsOfPart(left, shape, [bytes_each](size_t) { return bytes_each; });
}

TEST(CallPartTest, ASmallCallIsOnePart) {
  EXPECT_EQ(PartOf(1, {.batch_size = 32}, 20), 1U);
  EXPECT_EQ(PartOf(65'536, {.batch_size = 32}, 20), 65'536U);
}

// Parts that cut a batch in two gave a long call more batches than its texts need.
TEST(CallPartTest, APartEndsWithAWholeBatch) {
  for (const size_t batch_size : {1U, 3U, 32U, 1000U, 100'000U}) {
    for (const size_t bytes_each : {0U, 20U, 80U}) {
      const size_t part = PartOf(1'000'000, {.batch_size = batch_size}, bytes_each);
      EXPECT_GT(part, 0U);
      EXPECT_EQ(part % batch_size, 0U) << batch_size << ", " << bytes_each << " bytes";
    }
  }
}

TEST(CallPartTest, MemoryIsBoundedBeforeBatchesAreWhole) {
  EXPECT_EQ(PartOf(100, {.batch_size = 32}, 4 << 20), 2U);
  EXPECT_EQ(PartOf(100, {.batch_size = 32}, 20 << 20), 1U);
  EXPECT_EQ(PartOf(100, {.windows = true, .batch_size = 32}, 256 << 10), 2U);
}

}  // namespace
}  // namespace vetor
