// Compares every family with transformers' answers in float32 for the same checkpoint.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "encoder/reference/reference_pass.h"
#include "tests/encoder/tiny_checkpoint.h"

namespace vetor {
namespace {

using testing::GoldenBatch;

// The columns of a row that its mask keeps.
std::vector<int64_t> Present(const GoldenBatch& batch, int64_t row) {
  const testing::TokenTable& mask = batch.inputs.at("attention_mask");
  std::vector<int64_t> columns;
  for (int64_t c = 0; c < mask.columns; ++c) {
    if (mask.values[static_cast<size_t>(row * mask.columns + c)] != 0) columns.push_back(c);
  }
  return columns;
}

// The reference pass handles only texts that begin at position 0 and have token type 0.
bool Comparable(const Encoder& encoder, const GoldenBatch& batch, int64_t row) {
  const std::vector<int64_t> columns = Present(batch, row);
  if (columns.empty()) return false;
  if (encoder.position_rule == PositionRule::kSequence && columns.front() != 0) return false;
  const auto types = batch.inputs.find("token_type_ids");
  if (types == batch.inputs.end()) return true;
  return std::all_of(columns.begin(), columns.end(), [&](int64_t c) {
    return types->second.values[static_cast<size_t>(row * types->second.columns + c)] == 0;
  });
}

class FamiliesReferenceTest : public ::testing::TestWithParam<std::string> {};

TEST_P(FamiliesReferenceTest, AnswersAsTransformers) {
  const auto encoder = testing::OpenTiny(GetParam());
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  const auto golden = testing::ReadGolden(GetParam());
  ASSERT_TRUE(golden.ok()) << golden.status().ToString();
  int compared = 0;
  for (const auto& [name, batch] : *golden) {
    const testing::TokenTable& ids = batch.inputs.at("input_ids");
    const int64_t hidden = batch.last_hidden_state.shape[2];
    for (int64_t row = 0; row < ids.rows; ++row) {
      SCOPED_TRACE(name + " row " + std::to_string(row));
      if (!Comparable(*encoder, batch, row)) continue;
      const std::vector<int64_t> columns = Present(batch, row);
      TokenIds text;
      for (const int64_t c : columns) {
        text.push_back(ids.values[static_cast<size_t>(row * ids.columns + c)]);
      }
      const auto states = ReferencePass(*encoder, {text}, 1);
      ASSERT_TRUE(states.ok()) << states.status().ToString();
      double largest = 0;
      for (size_t t = 0; t < columns.size(); ++t) {
        const int64_t begin = (row * ids.columns + columns[t]) * hidden;
        for (int64_t i = 0; i < hidden; ++i) {
          const double expected = batch.last_hidden_state.values[static_cast<size_t>(begin + i)];
          largest = std::max(largest, std::abs((*states)[0].row(t)[i] - expected));
        }
      }
      EXPECT_LE(largest, 2e-5);
      ++compared;
    }
  }
  // In BERT's golden batches, all rows but one have mixed token types.
  EXPECT_GE(compared, encoder->token_type_input ? 1 : 4);
}

INSTANTIATE_TEST_SUITE_P(All, FamiliesReferenceTest, ::testing::ValuesIn(testing::TinyFamilies()),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace vetor
