// Compares pairs, truncation strategies and overflow windows with the golden cases.
#include <gtest/gtest.h>

#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

namespace json = boost::json;

WindowOptions OptionsOf(const json::value& row) {
  WindowOptions options;
  options.add_special_tokens = row.at("add_special_tokens").as_bool();
  if (row.at("truncation").is_null()) return options;
  const json::value& truncation = row.at("truncation");
  const std::string_view strategy = truncation.at("strategy").as_string();
  options.truncation.emplace();
  options.truncation->max_length = truncation.at("max_length").to_number<size_t>();
  options.truncation->stride = truncation.at("stride").to_number<size_t>();
  options.truncation->keep_end = truncation.at("direction").as_string() == "left";
  options.truncation->strategy = strategy == "longest_first" ? TruncationStrategy::kLongestFirst
                                 : strategy == "only_first"  ? TruncationStrategy::kOnlyFirst
                                                             : TruncationStrategy::kOnlySecond;
  return options;
}

// vetor does not pad its batches, so the padding of a golden row is removed by its mask.
std::vector<int64_t> Unpadded(const json::value& row, const char* key) {
  const std::vector<int64_t> mask = Numbers(row.at("attention_mask"));
  const std::vector<int64_t> padded = Numbers(row.at(key));
  std::vector<int64_t> numbers;
  for (size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 1) numbers.push_back(padded[i]);
  }
  return numbers;
}

// The reference subtracts the special tokens from max_length without a check. If max_length is
// smaller, the difference wraps around and nothing is truncated. vetor refuses instead.
bool ReferenceWrapsAround(const json::value& row, const Tokenizer& tokenizer) {
  if (row.at("truncation").is_null() || !row.at("add_special_tokens").as_bool()) return false;
  std::optional<std::string_view> pair;
  if (!row.at("b").is_null()) pair = "";
  const auto special_alone = tokenizer.EncodeWindows("", pair, {});
  return row.at("truncation").at("max_length").to_number<size_t>() < special_alone->ids.size();
}

void ExpectEqual(const Encoding& encoding, const json::value& row) {
  EXPECT_EQ(encoding.ids, Unpadded(row, "ids"));
  EXPECT_EQ(encoding.type_ids, Unpadded(row, "type_ids"));
  if (row.as_object().contains("special_tokens_mask")) {
    EXPECT_EQ(encoding.special_tokens_mask, Unpadded(row, "special_tokens_mask"));
  }
}

class WindowsTest : public testing::TestWithParam<const char*> {};

TEST_P(WindowsTest, EveryCaseIsTheReferences) {
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  const auto rows =
      ReadJsonLines(UnpackedData("golden") / (std::string(GetParam()) + ".pairs.jsonl"));
  ASSERT_GT(rows.size(), 1000U);
  for (const json::value& row : rows) {
    SCOPED_TRACE(json::serialize(row).substr(0, 300));
    std::optional<std::string_view> pair;
    if (!row.at("b").is_null()) pair = row.at("b").as_string();
    const auto result = tokenizer->EncodeWindows(row.at("a").as_string(), pair, OptionsOf(row));
    if (ReferenceWrapsAround(row, *tokenizer)) {
      EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
      continue;
    }
    ASSERT_EQ(result.ok(), !row.as_object().contains("error"));
    if (!result.ok()) continue;
    ExpectEqual(*result, row);
    const json::array& overflow = row.at("overflow").as_array();
    ASSERT_EQ(result->overflow.size(), overflow.size());
    for (size_t i = 0; i < overflow.size(); ++i) ExpectEqual(result->overflow[i], overflow[i]);
    if (testing::Test::HasFailure()) return;
  }
}

// Encode is the way of a service, which has no pairs and no windows; a call names the side.
TEST_P(WindowsTest, EncodeCutsTheSideThatTheCallNamesAsTheReferenceDoes) {
  const auto tokenizer = LoadPipeline(FindTokenizer(GetParam()));
  ASSERT_NE(tokenizer, nullptr);
  size_t cut[2] = {0, 0};
  for (const json::value& row :
       ReadJsonLines(UnpackedData("golden") / (std::string(GetParam()) + ".pairs.jsonl"))) {
    const bool compares = row.at("b").is_null() && !row.at("truncation").is_null() &&
                          !row.as_object().contains("error") &&
                          !ReferenceWrapsAround(row, *tokenizer);
    if (!compares) continue;
    const WindowOptions options = OptionsOf(row);
    TokenSequence found;
    const Status status = tokenizer->Encode(row.at("a").as_string(),
                                            {.max_length = options.truncation->max_length,
                                             .add_special_tokens = options.add_special_tokens,
                                             .keep_end = options.truncation->keep_end},
                                            &found);
    ASSERT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(found.ids, Unpadded(row, "ids")) << json::serialize(row).substr(0, 300);
    cut[options.truncation->keep_end ? 1 : 0] += found.truncated ? 1 : 0;
  }
  EXPECT_GT(cut[0], 10U);
  EXPECT_GT(cut[1], 10U);
}

INSTANTIATE_TEST_SUITE_P(Families, WindowsTest,
                         testing::Values("all-minilm-l6-v2", "xlm-roberta-wssplit"),
                         [](const auto& parameter) { return TestName(parameter.param); });

}  // namespace
}  // namespace vetor
