#include "backend/hashing/hashing_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace vetor {
namespace {

std::vector<float> Vectors(Backend* backend, std::vector<std::string_view> texts) {
  TokenBatch batch;
  batch.texts = std::move(texts);
  Result<BackendOutput> output = backend->Run(batch);
  EXPECT_TRUE(output.ok()) << output.status().ToString();
  return {output->values.begin(), output->values.end()};
}

TEST(HashingBackend, SaysWhatItIs) {
  const auto backend = MakeHashingBackend(384);
  const BackendTraits& traits = backend->traits();
  EXPECT_EQ(traits.backend, "hashing");
  EXPECT_EQ(traits.provider, "");
  EXPECT_EQ(traits.precision, "fp32");
  EXPECT_EQ(traits.input, BackendInput::kTexts);
  EXPECT_EQ(traits.output, BackendOutputKind::kTextVectors);
  EXPECT_EQ(traits.width, 384U);
  EXPECT_FALSE(traits.equal_lengths);
}

TEST(HashingBackend, NoTextsAndNoWords) {
  const auto backend = MakeHashingBackend(16);
  EXPECT_TRUE(Vectors(backend.get(), {}).empty());
  EXPECT_EQ(Vectors(backend.get(), {"", "a b c", " \n"}), std::vector<float>(48, 0.0F));
}

// A text's row does not depend on its batch mates: sparse and dense rows leave nothing behind.
TEST(HashingBackend, RowsAreIndependent) {
  std::string many;
  for (int i = 0; i < 500; ++i) many += "word" + std::to_string(i) + " ";
  const std::vector<std::string_view> texts = {"Monza GP",     many, "",
                                               "GP de Mônaco", many, "Monza GP"};
  for (const size_t dim : {1U, 3U, 256U, 1U << 20U}) {
    const auto backend = MakeHashingBackend(dim);
    const std::vector<float> together = Vectors(backend.get(), texts);
    ASSERT_EQ(together.size(), texts.size() * dim);
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::vector<float> alone = Vectors(backend.get(), {texts[i]});
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + i * dim)) << i;
    }
  }
}

TEST(HashingBackend, LengthIsOneOrCountsStay) {
  const std::string text = "Autodromo Nazionale di Monza, Autodromo Nazionale di Monza";
  const std::vector<float> unit = Vectors(MakeHashingBackend(256).get(), {text});
  const std::vector<float> counts = Vectors(MakeHashingBackend(256, false).get(), {text});
  double squares = 0;
  double features = 0;
  for (size_t i = 0; i < unit.size(); ++i) {
    squares += double{unit[i]} * unit[i];
    features += std::abs(counts[i]);
    EXPECT_EQ(counts[i], std::round(counts[i]));
    EXPECT_EQ(counts[i] > 0, unit[i] > 0);
  }
  EXPECT_NEAR(squares, 1, 1e-6);
  EXPECT_EQ(features, 15) << "8 words and 7 pairs, none of which cancel";
}

TEST(HashingBackend, InvalidUtf8NamesRowAndByte) {
  TokenBatch batch;
  batch.texts = {"fine", "S\xC3\xA3o \xC3"};
  const Result<BackendOutput> output = MakeHashingBackend(8)->Run(batch);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(output.status().message(), ::testing::HasSubstr("text 1 of the batch"));
  EXPECT_THAT(output.status().message(), ::testing::HasSubstr("byte 5"));
}

}  // namespace
}  // namespace vetor
