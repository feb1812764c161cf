#include "cli/output/result_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/npy_header.h"
#include "tests/cli/folder_fixture.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

class ResultWriterTest : public FolderFixture {
 protected:
  std::unique_ptr<VectorWriter> Open(const std::string& path, ResultFormat format) const {
    return *MakeVectorWriter(*OutputStream::Open(path), format, 2);
  }

  static Embeddings Rows(std::vector<float> values) {
    Embeddings rows;
    rows.rows = values.size() / 2;
    rows.dim = 2;
    rows.values = std::move(values);
    rows.texts.resize(rows.rows);
    return rows;
  }
};

TEST(NpyHeaderTest, FollowsFormat1) {
  const std::string header = NpyHeader(1234, 384);
  ASSERT_EQ(header.size(), 128U);
  EXPECT_EQ(header.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_THAT(header,
              HasSubstr("{'descr': '<f4', 'fortran_order': False, 'shape': (1234, 384), }"));
  EXPECT_EQ(header.back(), '\n');
}

TEST(NpyHeaderTest, IsAsLongForTheLargestNumbers) {
  EXPECT_EQ(NpyHeader(UINT64_MAX, 1 << 20).size(), 128U);
  EXPECT_EQ(NpyHeader(UINT64_MAX, 1 << 20).back(), '\n');
  EXPECT_THAT(NpyHeader(UINT64_MAX, 1 << 20), HasSubstr("(18446744073709551615, 1048576), }"));
}

TEST_F(ResultWriterTest, NpyCountsTheRowsOfAllChunks) {
  auto writer = Open(Path("a.npy"), ResultFormat::kNpy);
  ASSERT_TRUE(writer->Append(Rows({1, 2, 3, 4}), {}).ok());
  ASSERT_TRUE(writer->Append(Rows({5, 6}), {}).ok());
  ASSERT_TRUE(writer->Finish().ok());
  const std::string bytes = ReadBytes(Path("a.npy"));
  EXPECT_EQ(bytes.substr(0, 128), NpyHeader(3, 2));
  const float values[] = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(bytes.substr(128), std::string(reinterpret_cast<const char*>(values), sizeof values));
}

TEST_F(ResultWriterTest, WithoutFinishThereIsNoFile) {
  {
    auto writer = Open(Path("a.npy"), ResultFormat::kNpy);
    ASSERT_TRUE(writer->Append(Rows({1, 2}), {}).ok());
  }
  EXPECT_EQ(FilesInFolder(), 0U);
}

TEST_F(ResultWriterTest, JsonlIsOneLinePerRow) {
  Embeddings rows = Rows({0.1F, -0.25F, 1e-7F, 0});
  rows.texts[0] = {5, false, false};
  rows.texts[1] = {256, true, false};
  auto writer = Open(Path("a.jsonl"), ResultFormat::kJsonl);
  const std::vector<std::string> ids = {R"("x\"y")", "7"};
  ASSERT_TRUE(writer->Append(rows, ids).ok());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(ReadBytes(Path("a.jsonl")),
            "{\"id\":\"x\\\"y\",\"embedding\":[0.1,-0.25],\"tokens\":5,\"truncated\":false}\n"
            "{\"id\":7,\"embedding\":[1e-07,0],\"tokens\":256,\"truncated\":true}\n");
}

TEST(ChooseResultFormatTest, NameThenEnding) {
  EXPECT_EQ(ChooseResultFormat("", "a.npy"), ResultFormat::kNpy);
  EXPECT_EQ(ChooseResultFormat("", "-"), ResultFormat::kJsonl);
  EXPECT_EQ(ChooseResultFormat("npy", "-"), ResultFormat::kNpy);
  EXPECT_EQ(ChooseResultFormat("jsonl", "a.npy"), ResultFormat::kJsonl);
}

}  // namespace
}  // namespace vetor::cli
