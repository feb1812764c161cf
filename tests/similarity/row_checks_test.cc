// Rows whose description does not fit their data are refused. Each of these cases was read out of
// bounds, ended the process, or gave a meaningless answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "vetor/similarity.h"

namespace vetor {
namespace {

using ::testing::IsEmpty;

// Expects that both functions that take rows refuse `rows`.
void ExpectRefused(const VectorRows& rows, const std::string& message) {
  const auto pairs = PairsAbove(rows, 0.5f, 1, 10);
  EXPECT_EQ(pairs.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(pairs.status().message(), "rows: " + message);
  const VectorRows none;
  EXPECT_EQ(SearchTop(rows, none, 1, 1).status().message(), "corpus: " + message);
  EXPECT_EQ(SearchTop(none, rows, 1, 1).status().message(), "queries: " + message);
}

TEST(RowChecksTest, AFieldHoldsAsManyValuesAsItsRowsNeed) {
  const std::vector<float> values(384, 0.5f);
  ExpectRefused({.fields = {{values, 384}}, .rows = 100'000},
                "field 0 holds 384 values; expected 100000 rows x 384 components");
  ExpectRefused({.fields = {{values, 383}}, .rows = 1},
                "field 0 holds 384 values; expected 1 rows x 383 components");
  ExpectRefused({.fields = {{values, 192}, {values, 0}}, .rows = 2},
                "field 1 has vectors of 0 components; expected at least 1");
  ExpectRefused({.fields = {{values, 384}}, .rows = 0},
                "field 0 holds 384 values; expected 0 rows x 384 components");
}

TEST(RowChecksTest, AProductBeyondSizeTIsRefused) {
  // Twice this number overflows to 0.
  const size_t dim = (std::numeric_limits<size_t>::max() >> 1) + 1;
  ExpectRefused({.fields = {{{}, dim}}, .rows = 2},
                "field 0 holds 0 values; expected 2 rows x 9223372036854775808 components");
  ExpectRefused({.fields = {{{}, 1}}, .rows = size_t{1} << 32},
                "4294967296 rows; expected at most 4294967295");
}

TEST(RowChecksTest, RowsHaveAField) {
  ExpectRefused({.fields = {}, .rows = 3}, "3 rows without a field; expected at least one field");
}

TEST(RowChecksTest, EachRowHasItsBlock) {
  const std::vector<uint32_t> block = {1, 1, 2};
  const std::vector<float> eight(8, 0.5f);
  const std::vector<float> four(4, 0.5f);
  ExpectRefused({.fields = {{eight, 2}}, .block = block, .rows = 4},
                "3 blocks for 4 rows; expected one per row, or none");
  ExpectRefused({.fields = {{four, 2}}, .block = block, .rows = 2},
                "3 blocks for 2 rows; expected one per row, or none");
}

TEST(RowChecksTest, TwoSidesHaveTheSameFields) {
  const std::vector<float> values(384, 0.5f);
  const VectorRows corpus = {.fields = {{values, 384}}, .rows = 1};
  const auto other = SearchTop(corpus, {.fields = {{{values.data(), 256}, 256}}, .rows = 1}, 1, 1);
  EXPECT_EQ(other.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(other.status().message(),
            "field 0 has 256 components in the queries and 384 in the corpus; expected vectors of "
            "one model");
  const auto more = SearchTop(corpus, {.fields = {{values, 384}, {values, 384}}, .rows = 1}, 1, 1);
  EXPECT_EQ(more.status().message(),
            "the queries have 2 fields, the corpus 1; expected the same fields");
}

TEST(RowChecksTest, BlocksAreOnBothSidesOrOnNeither) {
  const std::vector<float> values = {1, 0};
  const std::vector<uint32_t> block = {7};
  const VectorRows with = {.fields = {{values, 2}}, .block = block, .rows = 1};
  const VectorRows without = {.fields = {{values, 2}}, .rows = 1};
  EXPECT_EQ(SearchTop(with, without, 1, 1).status().message(),
            "only the corpus has blocks; expected blocks on both sides or on neither");
  EXPECT_EQ(SearchTop(without, with, 1, 1).status().message(),
            "only the queries have blocks; expected blocks on both sides or on neither");
}

TEST(RowChecksTest, TopAndThresholdAreNumbersThatMeanSomething) {
  const std::vector<float> values = {1, 0};
  const VectorRows rows = {.fields = {{values, 2}}, .rows = 1};
  EXPECT_EQ(SearchTop(rows, rows, 0, 1).status().message(), "top is 0; expected at least 1");
  const auto pairs = PairsAbove(rows, std::numeric_limits<float>::quiet_NaN(), 1, 10);
  EXPECT_EQ(pairs.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(pairs.status().message(), "the threshold is NaN; expected a cosine, -1 to 1");
}

TEST(RowChecksTest, APairNamesRowsThatAreThere) {
  const std::vector<SimilarPair> pairs = {{0, 1, 1}, {1, 4'000'000'000u, 1}};
  const auto groups = GroupPairs(pairs, 3);
  EXPECT_EQ(groups.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(groups.status().message(),
            "pair 1 names row 4000000000; expected rows below 3, the number of rows given");
  EXPECT_EQ(GroupPairs(pairs, 0).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(GroupPairs({}, size_t{1} << 32).status().message(),
            "groups: 4294967296 rows; expected at most 4294967295");
}

TEST(RowChecksTest, NothingFitsEverything) {
  const std::vector<float> values = {1, 0};
  const VectorRows one = {.fields = {{values, 2}}, .rows = 1};
  EXPECT_THAT(*SearchTop(one, {}, 1, 1), IsEmpty());
  EXPECT_EQ(SearchTop({}, one, 1, 1)->size(), 1u);
  EXPECT_THAT(*PairsAbove({}, 0.5f, 1, 10), IsEmpty());
}

}  // namespace
}  // namespace vetor
