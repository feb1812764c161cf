#include "formats/torch/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string Number(uint64_t value, size_t bytes) {
  std::string text(bytes, '\0');
  std::memcpy(text.data(), &value, bytes);
  return text;
}

struct Member {
  std::string name;
  std::string content;
  uint16_t flags = 0;
  uint16_t method = 0;
  bool zip64 = false;  // Sizes and offset stand in the extra field.
};

// An archive of stored members whose directory a test can falsify.
class Archive {
 public:
  void Add(const Member& member) { AddEntry(member, AddLocal(member)); }

  size_t AddLocal(const Member& member) {
    const size_t at = contents_.size();
    contents_ += "PK\3\4" + Number(20, 2) + Number(member.flags, 2) + Number(member.method, 2) +
                 Number(0, 8) + Number(member.content.size(), 4) +
                 Number(member.content.size(), 4) + Number(member.name.size(), 2) + Number(0, 2) +
                 member.name + member.content;
    return at;
  }

  void AddEntry(const Member& member, size_t at) {
    const uint64_t size = member.content.size();
    const uint64_t none = 0xFFFFFFFF;
    std::string extra;
    if (member.zip64) {
      extra = Number(0x7777, 2) + Number(1, 2) + "?" + Number(1, 2) + Number(24, 2) +
              Number(size, 8) + Number(size, 8) + Number(at, 8);
    }
    directory_ += "PK\1\2" + Number(20, 2) + Number(20, 2) + Number(member.flags, 2) +
                  Number(member.method, 2) + Number(0, 8) + Number(member.zip64 ? none : size, 4) +
                  Number(member.zip64 ? none : size, 4) + Number(member.name.size(), 2) +
                  Number(extra.size(), 2) + Number(3, 2) + Number(0, 8) +
                  Number(member.zip64 ? none : at, 4) + member.name + extra + "com";
    ++entries_;
  }

  std::string Bytes(uint64_t entries_off = 0, uint64_t size_off = 0,
                    uint64_t offset_off = 0) const {
    return contents_ + directory_ + "PK\5\6" + Number(0, 4) + Number(entries_ + entries_off, 2) +
           Number(entries_ + entries_off, 2) + Number(directory_.size() + size_off, 4) +
           Number(contents_.size() + offset_off, 4) + Number(2, 2) + "!!";
  }

  // The archive with the ZIP64 record and its locator.
  std::string Bytes64(uint64_t locator_off = 0) const {
    const uint64_t at = contents_.size() + directory_.size();
    return contents_ + directory_ + "PK\6\6" + Number(44, 8) + Number(45, 2) + Number(45, 2) +
           Number(0, 8) + Number(entries_, 8) + Number(entries_, 8) + Number(directory_.size(), 8) +
           Number(contents_.size(), 8) + "PK\6\7" + Number(0, 4) + Number(at + locator_off, 8) +
           Number(1, 4) + "PK\5\6" + Number(0, 4) + Number(0xFFFF, 2) + Number(0xFFFF, 2) +
           Number(0xFFFFFFFF, 4) + Number(0xFFFFFFFF, 4) + Number(0, 2);
  }

 private:
  std::string contents_;
  std::string directory_;
  uint64_t entries_ = 0;
};

TEST(Zip, StoredMembersAreWindows) {
  Archive archive;
  archive.Add({"a/b", "bytes"});
  archive.Add({"empty", ""});
  archive.Add({"wide", "64", 0, 0, true});
  for (const std::string& bytes : {archive.Bytes(), archive.Bytes64()}) {
    const auto members = ReadZip(bytes);
    ASSERT_TRUE(members.ok()) << members.status().ToString();
    EXPECT_THAT(*members, ElementsAre(Pair("a/b", "bytes"), Pair("empty", ""), Pair("wide", "64")));
    EXPECT_GE(members->at("a/b").data(), bytes.data());
    EXPECT_LT(members->at("a/b").data(), bytes.data() + bytes.size());
  }
}

TEST(Zip, CompressedAndEncryptedMembersAreRefusedByName) {
  Archive compressed;
  compressed.Add({"squeezed", "x", 0, 8});
  EXPECT_EQ(ReadZip(compressed.Bytes()).status().code(), StatusCode::kUnimplemented);
  EXPECT_THAT(ReadZip(compressed.Bytes()).status().message(), HasSubstr("\"squeezed\""));
  Archive encrypted;
  encrypted.Add({"secret", "x", 1, 0});
  EXPECT_EQ(ReadZip(encrypted.Bytes()).status().code(), StatusCode::kUnimplemented);
  EXPECT_THAT(ReadZip(encrypted.Bytes()).status().message(), HasSubstr("\"secret\""));
}

TEST(Zip, ContradictionsAreRefused) {
  Archive good;
  good.Add({"a", "bytes"});
  Archive twice = good;
  twice.Add({"a", "other"});
  Archive aliased = good;
  aliased.AddEntry({"a", "bytes"}, 0);
  Archive overlapping;
  Member outer{"o", "head"};
  Archive inside;
  inside.Add({"i", "x"});
  outer.content += inside.Bytes();
  const size_t at = overlapping.AddLocal(outer);
  overlapping.AddEntry(outer, at);
  overlapping.AddEntry({"i", "x"}, at + 30 + 1 + 4);
  Archive elsewhere;
  elsewhere.AddLocal({"a", "bytes"});
  elsewhere.AddEntry({"a", "bytes"}, 1);
  Archive renamed;
  renamed.AddEntry({"b", "bytes"}, renamed.AddLocal({"a", "bytes"}));
  Archive longer;
  longer.AddEntry({"a", std::string(99, 'x')}, longer.AddLocal({"a", "bytes"}));
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"no directory", "PK\3\4" + std::string(100, '\0')},
      {"more entries than there are", good.Bytes(1)},
      {"65535 entries", good.Bytes(65534)},
      {"directory outside", good.Bytes(0, 1)},
      {"directory far outside", good.Bytes(0, 0, 0x7FFFFFFF)},
      {"directory shifted", good.Bytes(0, 0, 1)},
      {"directory shorter", good.Bytes(0, static_cast<uint64_t>(-1))},
      {"ZIP64 record elsewhere", good.Bytes64(1)},
      {"ZIP64 record nowhere", good.Bytes64(1ULL << 62)},
      {"one name twice", twice.Bytes()},
      {"one member twice", aliased.Bytes()},
      {"a member inside another", overlapping.Bytes()},
      {"header elsewhere", elsewhere.Bytes()},
      {"two names", renamed.Bytes()},
      {"longer than the file", longer.Bytes()},
  };
  ASSERT_TRUE(ReadZip(good.Bytes()).ok());
  for (const auto& [what, bytes] : cases) {
    const auto members = ReadZip(bytes);
    ASSERT_FALSE(members.ok()) << what;
    EXPECT_EQ(members.status().code(), StatusCode::kDataLoss) << what;
  }
}

// A directory of a hundred million members would take many times its size in memory.
TEST(Zip, MoreMembersThanTensorsAreRefused) {
  const uint64_t entries = kMaxZipMembers + 1;
  const uint64_t size = entries * 46;
  std::string bytes(size, '\0');
  bytes += "PK\6\6" + Number(44, 8) + Number(45, 2) + Number(45, 2) + Number(0, 8) +
           Number(entries, 8) + Number(entries, 8) + Number(size, 8) + Number(0, 8) + "PK\6\7" +
           Number(0, 4) + Number(size, 8) + Number(1, 4) + "PK\5\6" + Number(0, 4) +
           Number(0xFFFF, 2) + Number(0xFFFF, 2) + Number(0xFFFFFFFF, 4) + Number(0xFFFFFFFF, 4) +
           Number(0, 2);
  const auto members = ReadZip(bytes);
  EXPECT_EQ(members.status().code(), StatusCode::kUnimplemented) << members.status().ToString();
  EXPECT_THAT(members.status().message(), HasSubstr("1048577 members"));
}

}  // namespace
}  // namespace vetor
