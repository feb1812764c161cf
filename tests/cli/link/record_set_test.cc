#include "cli/link/record_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/folder_fixture.h"

namespace vetor::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SameFieldTest, FieldAndCharacters) {
  EXPECT_EQ(SameField::Parse("season")->characters, 0U);
  EXPECT_EQ(SameField::Parse("date:10")->field, "date");
  EXPECT_EQ(SameField::Parse("date:10")->characters, 10U);
  EXPECT_EQ(SameField::Parse("a:b")->field, "a:b");
  EXPECT_EQ(SameField::Parse("a:b:3")->field, "a:b");
  for (const char* bad : {"", ":3", "date:0"}) EXPECT_FALSE(SameField::Parse(bad).ok()) << bad;
}

class RecordSetTest : public FolderFixture {
 protected:
  Result<RecordSet> Read(std::string_view rows, const RecordSelection& selection) const {
    RowReaderOptions options;
    options.path = WriteFile("rows.jsonl", rows);
    options.format = RowFormat::kJsonl;
    RowReader reader = *RowReader::Open(options);
    TextNumbers blocks;
    TextNumbers truths;
    return ReadRecords(&reader, selection, &blocks, &truths);
  }
};

TEST_F(RecordSetTest, ReadsColumnsOfAcceptedRows) {
  RecordSelection selection;
  selection.fields = {"n", "p"};
  selection.same = {*SameField::Parse("d:2")};
  selection.filter = *RowFilter::Parse({"k!=no"});
  selection.id_field = "id";
  selection.truth_field = "t";
  const auto records = Read(R"({"id":1,"n":"a","p":"x","d":"ab1","t":9,"k":"yes"}
{"id":2,"k":"no"}
{"id":3,"n":"b","p":"y","d":"ab2","t":8,"k":"yes"}
{"id":4,"n":"c","p":"z","d":"éa","t":9,"k":"yes"}
)",
                            selection);
  ASSERT_TRUE(records.ok()) << records.status().ToString();
  EXPECT_EQ(records->rows(), 3U);
  EXPECT_THAT(records->texts[0], ElementsAre("a", "b", "c"));
  EXPECT_THAT(records->texts[1], ElementsAre("x", "y", "z"));
  EXPECT_THAT(records->index, ElementsAre(0, 2, 3));
  EXPECT_THAT(records->block, ElementsAre(0, 0, 1));
  EXPECT_THAT(records->truth, ElementsAre(0, 1, 0));
  EXPECT_EQ(records->ids[1], "3");
}

TEST_F(RecordSetTest, KeysOfSeveralFieldsDoNotRunTogether) {
  RecordSelection selection;
  selection.fields = {"n"};
  selection.same = {*SameField::Parse("a"), *SameField::Parse("b")};
  const auto records = Read(
      "{\"n\":\"\",\"a\":\"xy\",\"b\":\"z\"}\n{\"n\":\"\",\"a\":\"x\",\"b\":\"yz\"}\n", selection);
  EXPECT_THAT(records->block, ElementsAre(0, 1));
}

TEST_F(RecordSetTest, CharactersAreCodePoints) {
  RecordSelection selection;
  selection.fields = {"n"};
  selection.same = {*SameField::Parse("n:2")};
  const auto records = Read("{\"n\":\"São\"}\n{\"n\":\"Sãb\"}\n{\"n\":\"Sab\"}\n", selection);
  EXPECT_THAT(records->block, ElementsAre(0, 0, 1));
}

TEST_F(RecordSetTest, AMissingFieldNamesThePlace) {
  RecordSelection selection;
  selection.fields = {"n"};
  selection.truth_field = "t";
  const auto records = Read("{\"n\":\"a\",\"t\":1}\n{\"n\":\"b\"}\n", selection);
  EXPECT_THAT(records.status().message(), HasSubstr("rows.jsonl:2: expected a field \"t\""));
}

}  // namespace
}  // namespace vetor::cli
