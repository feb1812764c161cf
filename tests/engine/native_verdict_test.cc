#include "engine/native_verdict.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/digest.h"
#include "os/file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

class NativeVerdictTest : public ::testing::Test {
 protected:
  fs::path Folder() const { return VerdictFolderOf(cache_); }
  size_t Files() const {
    if (!fs::exists(Folder())) return 0;
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(Folder()), fs::directory_iterator()));
  }
  fs::path TheFile() const { return fs::directory_iterator(Folder())->path(); }

  const NativeVerdict verdict_ = {"0123abcd", "native 1", "native (avx2)"};
  const TemporaryFolder folder_;
  const fs::path cache_ = folder_ / "cache";
};

TEST_F(NativeVerdictTest, IsRemembered) {
  EXPECT_FALSE(IsRemembered(Folder(), verdict_));
  Remember(Folder(), verdict_);
  EXPECT_TRUE(IsRemembered(Folder(), verdict_));
  EXPECT_EQ(Files(), 1u);
}

TEST_F(NativeVerdictTest, HoldsForNothingElse) {
  Remember(Folder(), verdict_);
  NativeVerdict other = verdict_;
  other.model_fingerprint = "0123abce";
  EXPECT_FALSE(IsRemembered(Folder(), other));
  other = verdict_;
  other.numerics = "native 2";
  EXPECT_FALSE(IsRemembered(Folder(), other));
  other = verdict_;
  other.library = "native (avx512)";
  EXPECT_FALSE(IsRemembered(Folder(), other));
  other = verdict_;
  other.witness = "onnxruntime";
  EXPECT_FALSE(IsRemembered(Folder(), other));
}

// Opening a pipe waits for somebody who writes into it.
TEST_F(NativeVerdictTest, APipeInPlaceOfAFileSaysNothing) {
  Remember(Folder(), verdict_);
  const fs::path file = TheFile();
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_FALSE(IsRemembered(Folder(), verdict_));
}

// Whichever byte is changed and wherever the file is cut, it counts as no verdict and is written
// anew.
TEST_F(NativeVerdictTest, ADamagedFileIsNotBelieved) {
  Remember(Folder(), verdict_);
  const fs::path file = TheFile();
  const auto whole = ReadFile(file);
  ASSERT_TRUE(whole.ok());
  const auto write = [&](const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  };
  for (size_t i = 0; i < whole->size(); ++i) {
    std::string bytes = *whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    write(bytes);
    EXPECT_FALSE(IsRemembered(Folder(), verdict_)) << "byte " << i;
    write(whole->substr(0, i));
    EXPECT_FALSE(IsRemembered(Folder(), verdict_)) << "length " << i;
  }
  write(*whole + "\n");
  EXPECT_FALSE(IsRemembered(Folder(), verdict_));
  Remember(Folder(), verdict_);
  EXPECT_TRUE(IsRemembered(Folder(), verdict_));
  EXPECT_EQ(Files(), 1u);
}

// Guards against a verdict under another verdict's name, as a copied folder may have it.
TEST_F(NativeVerdictTest, AnothersContentIsNotBelieved) {
  Remember(Folder(), verdict_);
  const fs::path own = TheFile();
  const auto right = ReadFile(own);
  ASSERT_TRUE(right.ok());
  NativeVerdict other = verdict_;
  other.numerics = "native 2";
  fs::remove(own);
  Remember(Folder(), other);
  fs::rename(TheFile(), own);
  EXPECT_FALSE(IsRemembered(Folder(), verdict_));
}

TEST_F(NativeVerdictTest, WithoutAFolderNothingIsKept) {
  Remember({}, verdict_);
  EXPECT_FALSE(IsRemembered({}, verdict_));
  // This folder cannot be made.
  std::ofstream(cache_.string()) << "a file";
  Remember(Folder(), verdict_);
  EXPECT_FALSE(IsRemembered(Folder(), verdict_));
}

TEST_F(NativeVerdictTest, TheOldestGoBeyondABound) {
  NativeVerdict verdict = verdict_;
  for (int i = 0; i < 70; ++i) {
    verdict.model_fingerprint = std::to_string(i);
    Remember(Folder(), verdict);
  }
  EXPECT_EQ(Files(), 64u);
  EXPECT_TRUE(IsRemembered(Folder(), verdict));
}

// Guards against verdicts that no opening reads again and that stay for ever: those of another
// version, damaged ones, old ones. A whole one stays, whatever processor wrote it.
TEST_F(NativeVerdictTest, PruneLeavesWhatMayBeReadAgain) {
  Remember(Folder(), verdict_);
  const auto whole = ReadFile(TheFile());
  ASSERT_TRUE(whole.ok());
  const auto write = [this](std::string bytes, const std::string& word, const std::string& with) {
    bytes.replace(bytes.find(word), word.size(), with);
    const std::string name = Hex(Sha256(bytes)).substr(0, 32) + ".verdict";
    std::ofstream(Folder() / name, std::ios::binary) << bytes;
    return name;
  };
  const std::string elsewhere = write(*whole, "processor ", "processor of another machine ");
  const std::string older = write(*whole, "\nvetor ", "\nvetor 0.0.");
  std::ofstream(Folder() / "damaged.verdict") << *whole;  // Under a name that is not its own.
  std::ofstream(Folder() / "a.verdict.tmp.1234") << "being written";
  std::ofstream(Folder() / "notes.txt") << "mine";
  ASSERT_EQ(ReadVerdictFolder(Folder()).files, 5);
  const auto pruned = PruneVerdicts(Folder(), 0);
  ASSERT_TRUE(pruned.ok()) << pruned.status().ToString();
  EXPECT_EQ(*pruned, 2);
  EXPECT_TRUE(IsRemembered(Folder(), verdict_));
  EXPECT_TRUE(fs::exists(Folder() / elsewhere));
  EXPECT_FALSE(fs::exists(Folder() / older));
  EXPECT_EQ(PruneVerdicts(Folder(), INT64_MAX).value(), 3);
  EXPECT_EQ(Files(), 1u);
  EXPECT_EQ(PruneVerdicts(cache_ / "none", INT64_MAX).value(), 0);
}

TEST_F(NativeVerdictTest, ClearLeavesNothingOfOurs) {
  Remember(Folder(), verdict_);
  std::ofstream(Folder() / "notes.txt") << "mine";
  ASSERT_TRUE(ClearVerdicts(Folder()).ok());
  EXPECT_EQ(Files(), 1u);
  fs::remove(Folder() / "notes.txt");
  ASSERT_TRUE(ClearVerdicts(Folder()).ok());
  EXPECT_FALSE(fs::exists(Folder()));
  EXPECT_TRUE(ClearVerdicts(Folder()).ok());
}

}  // namespace
}  // namespace vetor
