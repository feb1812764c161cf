// The list of metrics has every field of the struct, so Python and --stats, which are made from it,
// lack none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "os/file.h"
#include "vetor/metrics.h"

namespace vetor {
namespace {

// The fields as the header declares them, with those of the stages in their place.
std::vector<std::string> DeclaredFields() {
  const auto header = ReadFile(std::string(VETOR_SOURCE_DIR) + "/include/vetor/metrics.h");
  EXPECT_TRUE(header.ok());
  const std::regex field(R"(^  [a-z][\w:<>]* (\w+)(?: = [^;]+)?;)",
                         std::regex::ECMAScript | std::regex::multiline);
  std::vector<std::string> stages;
  std::vector<std::string> fields;
  std::vector<std::string>* names = &stages;
  for (const auto& [from, to] : {std::pair("struct StageTimes {", "struct CacheTierMetrics {"),
                                 std::pair("struct Metrics {", "template <typename")}) {
    const size_t begin = header->find(from);
    const std::string part = header->substr(begin, header->find(to) - begin);
    for (std::sregex_iterator it(part.begin(), part.end(), field), last; it != last; ++it) {
      names->push_back((*it)[1]);
    }
    names = &fields;
  }
  fields.insert(fields.end(), stages.begin(), stages.end());
  return fields;
}

TEST(MetricListTest, HasEveryFieldOfTheHeader) {
  std::vector<std::string> listed = {"stages"};
  ForEachMetric(Metrics(), [&](const char* name, const auto&) { listed.emplace_back(name); });
  // StageTimes is one field of Metrics, and is declared as "StageTimes stages;".
  std::vector<std::string> declared = DeclaredFields();
  declared.emplace_back("stages");
  EXPECT_THAT(listed, ::testing::UnorderedElementsAreArray(declared));
}

TEST(MetricListTest, GivesEachFieldItsOwnValue) {
  Metrics metrics;
  metrics.padding_tokens = 7;
  metrics.stages.pool_ms = 2.5;
  metrics.runtime = "onnxruntime 1";
  metrics.fallback = true;
  std::string seen;
  ForEachMetric(metrics, [&](const std::string& name, const auto& value) {
    if constexpr (std::is_same_v<decltype(value), const std::string&>) {
      if (!value.empty()) seen += name + "=" + value + " ";
    } else if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(value)>>) {
      if (value != 0) seen += name + " ";
    }
  });
  EXPECT_EQ(seen, "padding_tokens pool_ms runtime=onnxruntime 1 fallback ");
}

}  // namespace
}  // namespace vetor
