#include "formats/packed_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "formats/line_reader.h"
#include "formats/unpacked_file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

class PackedFileTest : public ::testing::Test {
 protected:
  std::string BytesOf(const std::filesystem::path& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Rows that compress, and noise that does not.
  static std::string SomeText(size_t bytes) {
    std::mt19937 random(7);
    std::string text;
    while (text.size() < bytes) {
      text += "GP de São Paulo " + std::to_string(random()) + "\n";
      if (random() % 50 == 0)
        text += std::string(random() % 3000, static_cast<char>(random() % 256));
    }
    return text;
  }

  std::filesystem::path Pack(const std::string& name, const std::string& text,
                             size_t piece = 10000) const {
    const std::filesystem::path path = folder_ / name;
    auto file = PackedFile::Create(path, CompressionOf(path));
    EXPECT_TRUE(file.ok()) << file.status().ToString();
    for (size_t at = 0; at < text.size(); at += piece) {
      EXPECT_TRUE(file->Write(std::string_view(text).substr(at, piece)).ok());
    }
    EXPECT_TRUE(file->Finish().ok());
    return path;
  }

  static Result<std::string> Unpack(const std::filesystem::path& path) {
    auto file = UnpackedFile::Open(path);
    if (!file.ok()) return file.status();
    std::string text;
    while (true) {
      const Result<bool> found = file->Read(&text);
      if (!found.ok()) return found.status();
      if (!*found) return text;
    }
  }

  const TemporaryFolder folder_;
};

TEST_F(PackedFileTest, EveryFormatGivesBackWhatWasWritten) {
  for (const size_t bytes : {0, 1, 100'000, 3'000'000}) {
    const std::string text = SomeText(bytes).substr(0, bytes);
    for (const char* name : {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"}) {
      const auto read = Unpack(Pack(name, text));
      ASSERT_TRUE(read.ok()) << read.status().ToString();
      EXPECT_TRUE(*read == text) << name << " of " << bytes;
    }
  }
}

// The oracle is the libraries' own simple functions.
TEST_F(PackedFileTest, OtherProgramsReadTheFiles) {
  const std::string text = SomeText(500'000);
  std::string read(text.size() + 1, '\0');
  gzFile gzip = ::gzopen(Pack("a.gz", text).c_str(), "rb");
  EXPECT_EQ(::gzread(gzip, read.data(), static_cast<unsigned>(read.size())),
            static_cast<int>(text.size()));
  ::gzclose(gzip);
  EXPECT_TRUE(read.substr(0, text.size()) == text);
  const std::string zstd = BytesOf(Pack("a.zst", text));
  EXPECT_EQ(::ZSTD_decompress(read.data(), read.size(), zstd.data(), zstd.size()), text.size());
  EXPECT_TRUE(read.substr(0, text.size()) == text);
}

TEST_F(PackedFileTest, TheSizeOfThePiecesDoesNotShow) {
  const std::string text = SomeText(400'000);
  for (const char* name : {"a.gz", "a.zst"}) {
    const std::string once = BytesOf(Pack(name, text));
    EXPECT_TRUE(BytesOf(Pack(name, text, 77)) == once) << name;
  }
}

TEST_F(PackedFileTest, MembersAndFramesFollowEachOther) {
  const std::string text = SomeText(300'000);
  for (const std::string name : {"a.gz", "a.zst"}) {
    const std::string one = BytesOf(Pack(name, text));
    const auto read = Unpack(folder_.Write("two" + name, one + one));
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    EXPECT_TRUE(*read == text + text) << name;
  }
}

TEST_F(PackedFileTest, ACutFileIsDataLossAtEveryLength) {
  const std::string text = SomeText(3000);
  for (const std::string name : {"a.gz", "a.zst"}) {
    const std::string whole = BytesOf(Pack(name, text));
    for (size_t bytes = 1; bytes < whole.size(); bytes += 1 + bytes / 20) {
      const auto read = Unpack(folder_.Write("cut" + name, whole.substr(0, bytes)));
      ASSERT_FALSE(read.ok()) << name << " of " << bytes;
      EXPECT_EQ(read.status().code(), StatusCode::kDataLoss);
      EXPECT_THAT(read.status().message(), HasSubstr("ends in the middle"));
    }
  }
}

TEST_F(PackedFileTest, AFlippedBitIsAnErrorAndNeverOtherText) {
  const std::string text = SomeText(5000);
  for (const std::string name : {"a.gz", "a.zst"}) {
    const std::string whole = BytesOf(Pack(name, text));
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
      std::string bytes = whole;
      const size_t bit = random() % (bytes.size() * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      const auto read = Unpack(folder_.Write("bit" + name, bytes));
      // gzip's header has a time and a system, which change nothing.
      EXPECT_TRUE(!read.ok() || *read == text) << name << " bit " << bit;
    }
  }
}

TEST_F(PackedFileTest, WhatIsNotOfTheFormatNamesTheFile) {
  for (const char* name : {"plain.gz", "plain.zst"}) {
    const auto read = Unpack(folder_.Write(name, "not packed at all\n"));
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.status().code(), StatusCode::kDataLoss);
    EXPECT_THAT(read.status().message(), HasSubstr(name));
    EXPECT_THAT(read.status().message(), HasSubstr("damaged"));
  }
}

TEST_F(PackedFileTest, WithoutFinishThereIsNoFile) {
  {
    auto file = PackedFile::Create(folder_ / "a.zst", Compression::kZstd);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Write("text").ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(PackedFileTest, LinesAreTheBytesOfTheFile) {
  const std::string text = SomeText(900'000) + "\r\n\n  \nlast without a break";
  for (const char* name : {"a.txt", "a.txt.gz", "a.txt.zst"}) {
    auto reader = LineReader::Open(Pack(name, text));
    ASSERT_TRUE(reader.ok());
    std::string together;
    std::string_view line;
    uint64_t lines = 0;
    for (auto found = reader->Next(&line); found.ok() && *found; found = reader->Next(&line)) {
      EXPECT_EQ(line.find('\n'), line.ends_with('\n') ? line.size() - 1 : std::string::npos);
      together += line;
      EXPECT_EQ(reader->line(), ++lines);
    }
    EXPECT_TRUE(together == text) << name;
    EXPECT_EQ(reader->file_bytes_read(), std::filesystem::file_size(folder_ / name));
  }
}

TEST(CompressionTest, TheNameSaysIt) {
  EXPECT_EQ(CompressionOf("in/a.jsonl.gz"), Compression::kGzip);
  EXPECT_EQ(CompressionOf("a.zst"), Compression::kZstd);
  EXPECT_EQ(CompressionOf("a.jsonl"), Compression::kNone);
  EXPECT_EQ(CompressionOf(".gz"), Compression::kNone);
  EXPECT_EQ(NameWithoutCompression("in/a.jsonl.gz"), "a.jsonl");
  EXPECT_EQ(NameWithoutCompression("in/a.txt"), "a.txt");
}

}  // namespace
}  // namespace vetor
