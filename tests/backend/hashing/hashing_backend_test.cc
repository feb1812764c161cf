#include "backend/hashing/hashing_backend.h"

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
  EXPECT_EQ(traits.output_axis, OutputAxis::kTexts);
  EXPECT_EQ(traits.width, 384U);
  EXPECT_FALSE(traits.equal_lengths);
}

TEST(HashingBackend, NoTextsAndNoWords) {
  const auto backend = MakeHashingBackend(16);
  EXPECT_TRUE(Vectors(backend.get(), {}).empty());
  EXPECT_EQ(Vectors(backend.get(), {"", "a b c", " \n"}), std::vector<float>(48, 0.0F));
}

// A text's row does not depend on its batch mates, whether these are sparse or dense.
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

// Bytes that are cut, lone, overlong or impossible stand at every distance from the end. Nothing
// outside the text is read (AddressSanitizer would see it), and Run returns.
TEST(HashingBackend, AnyBytesAreSafe) {
  const auto backend = MakeHashingBackend(8);
  for (const std::string_view bytes :
       {"\xC3", "\xE2\x82", "\xF0\x9F\x8F", "\xFF\xFF\xFF\xFF", "\x80", "\xCE\xA3",
        "\x80\xCE\xA3\xF8", "\xF7\xBF\xBF\xBF"}) {
    for (size_t before = 0; before < 40; ++before) {
      for (const size_t after : {0, 1, 2, 3, 17}) {
        const std::string text =
            std::string(before, 'a') + std::string(bytes) + std::string(after, 'b');
        const std::vector<char> exact(text.begin(), text.end());
        EXPECT_EQ(Vectors(backend.get(), {{exact.data(), exact.size()}}).size(), 8U);
      }
    }
  }
}

}  // namespace
}  // namespace vetor
