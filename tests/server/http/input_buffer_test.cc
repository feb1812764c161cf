#include "server/http/input_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace vetor {
namespace {

void Put(std::string_view bytes, InputBuffer* buffer) {
  const auto room = buffer->Prepare(bytes.size());
  ASSERT_GE(room.size(), bytes.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  buffer->Commit(bytes.size());
}

TEST(InputBufferTest, BytesComeOutInOrder) {
  InputBuffer buffer(100);
  Put("hello ", &buffer);
  buffer.Consume(3);
  Put("world", &buffer);
  EXPECT_EQ(buffer.bytes(), "lo world");
}

TEST(InputBufferTest, AFullBufferHasNoRoomUntilBytesAreUsed) {
  InputBuffer buffer(10);
  Put("0123456789", &buffer);
  EXPECT_TRUE(buffer.Prepare(5).empty());
  buffer.Consume(4);
  EXPECT_EQ(buffer.Prepare(100).size(), 4u);
  EXPECT_EQ(buffer.bytes(), "456789");
}

TEST(InputBufferTest, AnEmptyBufferGivesItsMemoryBack) {
  InputBuffer buffer(64 * 1024);
  Put(std::string(60'000, 'x'), &buffer);
  buffer.Consume(60'000);
  EXPECT_EQ(buffer.Prepare(2048).size(), 2048u);
}

}  // namespace
}  // namespace vetor
