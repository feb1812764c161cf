// Compares every family, on every kernel set that this processor can run, with transformers'
// answers and with the reference pass in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "encoder/forward/forward_pass.h"
#include "encoder/reference/reference_pass.h"
#include "tests/encoder/tiny_checkpoint.h"

namespace vetor {
namespace {

using testing::GoldenBatch;
using testing::TokenTable;

// A row of a golden batch without its padding.
struct GoldenRow {
  std::vector<int64_t> ids, types, columns;
};

GoldenRow ReadRow(const GoldenBatch& batch, int64_t row) {
  const TokenTable& mask = batch.inputs.at("attention_mask");
  const TokenTable& ids = batch.inputs.at("input_ids");
  const auto types = batch.inputs.find("token_type_ids");
  GoldenRow found;
  for (int64_t c = 0; c < mask.columns; ++c) {
    const auto at = static_cast<size_t>(row * mask.columns + c);
    if (mask.values[at] == 0) continue;
    found.columns.push_back(c);
    found.ids.push_back(ids.values[at]);
    if (types != batch.inputs.end()) found.types.push_back(types->second.values[at]);
  }
  return found;
}

std::vector<float> RunPass(const PackedEncoder& encoder, const std::vector<TextTokens>& texts) {
  size_t tokens = 0;
  for (const TextTokens& text : texts) tokens += text.ids.size();
  std::vector<float> states(tokens * encoder.hidden());
  PassScratch scratch;
  const Status status = RunForwardPass(encoder, texts, &scratch, nullptr, states);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return states;
}

class FamiliesForwardTest
    : public ::testing::TestWithParam<std::tuple<std::string, const KernelSet*>> {
 protected:
  void SetUp() override {
    const auto& [family, kernels] = GetParam();
    auto encoder = testing::OpenTiny(family);
    ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
    auto packed = PackedEncoder::Pack(*std::move(encoder), *kernels, 1);
    ASSERT_TRUE(packed.ok()) << packed.status().ToString();
    encoder_.emplace(*std::move(packed));
  }
  std::optional<PackedEncoder> encoder_;
};

TEST_P(FamiliesForwardTest, AnswersAsTransformers) {
  const auto golden = testing::ReadGolden(std::get<0>(GetParam()));
  ASSERT_TRUE(golden.ok()) << golden.status().ToString();
  const auto hidden = static_cast<int64_t>(encoder_->hidden());
  int compared = 0;
  for (const auto& [name, batch] : *golden) {
    const TokenTable& ids = batch.inputs.at("input_ids");
    for (int64_t row = 0; row < ids.rows; ++row) {
      SCOPED_TRACE(name + " row " + std::to_string(row));
      const GoldenRow tokens = ReadRow(batch, row);
      if (tokens.ids.empty()) continue;
      const bool counts = encoder_->encoder().position_rule == PositionRule::kSequence;
      // In this family the padding counts as positions.
      if (counts && tokens.columns.front() != 0) continue;
      const std::vector<float> states = RunPass(*encoder_, {{tokens.ids, tokens.types}});
      double largest = 0;
      for (size_t t = 0; t < tokens.columns.size(); ++t) {
        const int64_t begin = (row * ids.columns + tokens.columns[t]) * hidden;
        for (int64_t i = 0; i < hidden; ++i) {
          const double expected = batch.last_hidden_state.values[static_cast<size_t>(begin + i)];
          const double found = states[t * encoder_->hidden() + static_cast<size_t>(i)];
          largest = std::max(largest, std::abs(found - expected));
        }
      }
      EXPECT_LE(largest, 2e-5);
      ++compared;
    }
  }
  EXPECT_GE(compared, 4);
}

std::vector<double> UnitMean(const double* rows, size_t tokens, size_t hidden) {
  std::vector<double> mean(hidden);
  double squares = 0;
  for (size_t i = 0; i < tokens * hidden; ++i) mean[i % hidden] += rows[i];
  for (const double x : mean) squares += x * x;
  for (double& x : mean) x /= std::sqrt(squares);
  return mean;
}

std::vector<TokenIds> TextsFor(const Encoder& encoder) {
  const auto vocabulary = static_cast<int64_t>(encoder.word.shape[0]);
  std::vector<TokenIds> texts;
  for (const size_t tokens : {1u, 2u, 7u, 15u, 16u, 17u, 23u}) {
    TokenIds ids;
    const size_t length = std::min<size_t>(tokens, static_cast<size_t>(encoder.max_positions));
    for (size_t i = 0; i < length; ++i) {
      ids.push_back(static_cast<int64_t>(5 + i * 7 + tokens * 3) % vocabulary);
    }
    texts.push_back(ids);
  }
  return texts;
}

// The unit mean of a text's token vectors, of the pass and of the reference.
struct TextMeans {
  std::vector<double> found;
  std::vector<double> reference;
};

void MeansOf(const PackedEncoder& packed, std::vector<TextMeans>* means) {
  const Encoder& encoder = packed.encoder();
  const std::vector<TokenIds> texts = TextsFor(encoder);
  std::vector<TextTokens> views;
  for (const TokenIds& ids : texts) views.push_back({ids, {}});
  const auto reference = ReferencePass(encoder, texts, 1);
  ASSERT_TRUE(reference.ok()) << reference.status().ToString();
  const std::vector<float> states = RunPass(packed, views);
  const size_t hidden = packed.hidden();
  const float* next = states.data();
  for (size_t t = 0; t < texts.size(); ++t) {
    const size_t tokens = texts[t].size();
    const std::vector<double> found(next, next + tokens * hidden);
    next += tokens * hidden;
    means->push_back(
        {UnitMean(found.data(), tokens, hidden), UnitMean((*reference)[t].row(0), tokens, hidden)});
  }
}

TEST_P(FamiliesForwardTest, VectorsAgreeWithTheReferencePass) {
  std::vector<TextMeans> means;
  ASSERT_NO_FATAL_FAILURE(MeansOf(*encoder_, &means));
  for (size_t t = 0; t < means.size(); ++t) {
    const auto& [found, reference] = means[t];
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_NEAR(found[i], reference[i], 2e-6) << "text " << t;
    }
  }
}

// The cosine of products in bfloat16 to the reference pass. A tiny encoder, whose weights are
// random, has few components to average over.
class FamiliesRoundedTest : public FamiliesForwardTest {};

TEST_P(FamiliesRoundedTest, VectorsAreNearTheReferencePass) {
  std::vector<TextMeans> means;
  ASSERT_NO_FATAL_FAILURE(MeansOf(*encoder_, &means));
  for (size_t t = 0; t < means.size(); ++t) {
    const auto& [found, reference] = means[t];
    double cosine = 0;
    for (size_t i = 0; i < found.size(); ++i) cosine += found[i] * reference[i];
    EXPECT_GE(cosine, 0.9995) << "text " << t;
    EXPECT_LT(cosine, 1 - 1e-9) << "nothing was rounded in text " << t;
  }
}

std::string SuiteName(const ::testing::TestParamInfo<FamiliesForwardTest::ParamType>& suite) {
  std::string name = std::get<0>(suite.param) + "_" + std::get<1>(suite.param)->name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

auto FamiliesBySet(Operands operands) {
  const auto sets = SupportedKernelSets(operands);
  return ::testing::Combine(::testing::ValuesIn(testing::TinyFamilies()),
                            ::testing::ValuesIn(sets.begin(), sets.end()));
}

INSTANTIATE_TEST_SUITE_P(All, FamiliesForwardTest, FamiliesBySet(Operands::kFloat32), SuiteName);
INSTANTIATE_TEST_SUITE_P(All, FamiliesRoundedTest, FamiliesBySet(Operands::kBFloat16), SuiteName);

}  // namespace
}  // namespace vetor
