#include "server/api/model_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

OpenedModel Hashing() { return testing::OpenForServing(testing::HashingConfig()); }

TEST(ModelTable, TheFirstModelAnswersRequestsWithoutAName) {
  ModelTable models({"first", "second"});
  models.Put(1, Hashing());
  EXPECT_EQ(models.Find("").status().code(), StatusCode::kUnavailable);
  EXPECT_FALSE(models.ready());
  models.Put(0, Hashing());
  EXPECT_TRUE(models.ready());
  EXPECT_EQ((*models.Find(""))->name, "first");
  EXPECT_EQ((*models.Find("second"))->name, "second");
}

TEST(ModelTable, AModelWithoutANameHasItsOwnId) {
  ModelTable models({""});
  EXPECT_EQ(models.Find("anything").status().code(), StatusCode::kUnavailable);
  models.Put(0, Hashing());
  EXPECT_EQ((*models.Find(""))->name, "hashing-256");
}

TEST(ModelTable, AnIdIsANameAndLatestIsLeftOut) {
  ModelTable models({"alias"});
  models.Put(0, Hashing());
  EXPECT_TRUE(models.Find("hashing-256").ok());
  EXPECT_TRUE(models.Find("alias:latest").ok());
  const Status unknown = models.Find("other").status();
  EXPECT_EQ(unknown.code(), StatusCode::kNotFound);
  EXPECT_THAT(unknown.message(), HasSubstr("\"alias\""));
}

}  // namespace
}  // namespace vetor
