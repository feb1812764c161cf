#include "cli/input/row_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

Row MakeRow(boost::json::object fields) {
  Row row;
  row.json = boost::json::serialize(fields);
  row.fields = std::move(fields);
  return row;
}

const Row kGerman = MakeRow({{"language", "de"}, {"season", 2021}, {"session", "race"}});

bool Accepts(const std::vector<std::string>& conditions) {
  return RowFilter::Parse(conditions)->Accepts(kGerman);
}

TEST(RowFilterTest, NoConditionAcceptsAll) { EXPECT_TRUE(Accepts({})); }

TEST(RowFilterTest, EqualAndUnequal) {
  EXPECT_TRUE(Accepts({"language=de"}));
  EXPECT_FALSE(Accepts({"language=en"}));
  EXPECT_TRUE(Accepts({"language!=en"}));
  EXPECT_FALSE(Accepts({"language!=de"}));
  EXPECT_TRUE(Accepts({"season=2021"}));
}

TEST(RowFilterTest, EqualsOfOneFieldAreAlternatives) {
  EXPECT_TRUE(Accepts({"session=gp", "session=race"}));
  EXPECT_FALSE(Accepts({"session=gp", "session=feature"}));
}

TEST(RowFilterTest, EverythingElseMustHoldTogether) {
  EXPECT_FALSE(Accepts({"session=race", "language=en"}));
  EXPECT_FALSE(Accepts({"language!=en", "language!=de"}));
  EXPECT_TRUE(Accepts({"language!=en", "language!=en-GB", "season=2021"}));
}

TEST(RowFilterTest, AMissingFieldEqualsNothing) {
  EXPECT_FALSE(Accepts({"place="}));
  EXPECT_TRUE(Accepts({"place!=x"}));
}

TEST(RowFilterTest, ValuesMayHoldSigns) {
  const Row row = MakeRow({{"f", "a=b!=c"}});
  EXPECT_TRUE(RowFilter::Parse({"f=a=b!=c"})->Accepts(row));
}

TEST(RowFilterTest, ATextThatIsNotAConditionIsRefused) {
  for (const char* bad : {"language", "=de", "!=de", ""}) {
    const auto filter = RowFilter::Parse({bad});
    ASSERT_FALSE(filter.ok()) << bad;
    EXPECT_THAT(filter.status().message(), HasSubstr("FIELD=VALUE"));
  }
}

}  // namespace
}  // namespace vetor::cli
