#include "benchmark/workloads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"

namespace vetor {
namespace {

// The digest of all texts at scale 1. If the rule is changed on purpose, the failure shows the new
// digest.
constexpr const char* kDigestOfAllTexts =
    "99b95be39fdecf5261b3ba97d05bbd4181afbb9977dfc5738175c21636b6781e";

size_t Spaces(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), ' '));
}

TEST(Workloads, EveryTextIsDifferent) {
  std::set<std::string> seen;
  size_t texts = 0;
  for (const std::string& name : BuiltInWorkloads()) {
    const auto workload = MakeWorkload(name, 4);
    ASSERT_TRUE(workload.ok());
    EXPECT_EQ(workload->name, name);
    EXPECT_EQ(workload->one_at_a_time, name == "single");
    texts += workload->texts.size();
    seen.insert(workload->texts.begin(), workload->texts.end());
  }
  EXPECT_EQ(seen.size(), texts);
}

TEST(Workloads, AreTheSameEverywhere) {
  // The digest is the same on every machine, so figures of two machines can be compared.
  Sha256Builder builder;
  for (const std::string& name : BuiltInWorkloads()) {
    const auto workload = MakeWorkload(name, 1);
    for (const std::string& text : workload->texts) builder.AddField(text);
  }
  EXPECT_EQ(Hex(std::move(builder).Finish()), kDigestOfAllTexts);
}

TEST(Workloads, LengthsAreAsTheirNamesSay) {
  const auto longest = [](const std::vector<std::string>& texts) {
    return std::max_element(texts.begin(), texts.end(),
                            [](const auto& a, const auto& b) { return a.size() < b.size(); })
        ->size();
  };
  const auto shortest = [](const std::vector<std::string>& texts) {
    return std::min_element(texts.begin(), texts.end(),
                            [](const auto& a, const auto& b) { return a.size() < b.size(); })
        ->size();
  };
  const auto short_texts = MakeWorkload("short", 1)->texts;
  const auto long_texts = MakeWorkload("long", 1)->texts;
  EXPECT_LT(longest(short_texts), 130U);
  EXPECT_GT(shortest(long_texts), 300U);
  const auto mixed = MakeWorkload("mixed", 1)->texts;
  const auto is_long = [&](const std::string& text) { return text.size() > 300; };
  EXPECT_GT(std::count_if(mixed.begin(), mixed.end(), is_long), std::ssize(mixed) / 10 - 1);
  EXPECT_LT(std::count_if(mixed.begin(), mixed.end(), is_long), std::ssize(mixed) / 3);
}

TEST(Workloads, ScaleMultipliesAndUnknownNamesAreRefused) {
  EXPECT_EQ(MakeWorkload("long", 3)->texts.size(), 3 * MakeWorkload("long", 1)->texts.size());
  EXPECT_EQ(MakeWorkload("longest", 1).status().code(), StatusCode::kInvalidArgument);
}

TEST(Workloads, TextsOfWordsHaveThatManyWords) {
  const auto texts = TextsOfWords(16, 20);
  ASSERT_EQ(texts.size(), 20U);
  for (const std::string& text : texts) EXPECT_EQ(Spaces(text), 15U) << text;
}

}  // namespace
}  // namespace vetor
