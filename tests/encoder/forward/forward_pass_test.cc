// Tests what holds for every encoder: a text's bits do not depend on other texts, and what cannot
// be computed is refused.
#include "encoder/forward/forward_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "tests/encoder/reference/random_encoder.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/support/every_kernel_set.h"

namespace vetor {
namespace {

using Ids = std::vector<int64_t>;

class ForwardPassTest : public ::testing::TestWithParam<const KernelSet*> {
 protected:
  PackedEncoder Pack(Encoder encoder) {
    auto packed = PackedEncoder::Pack(std::move(encoder), *GetParam(), 2);
    EXPECT_TRUE(packed.ok()) << packed.status().ToString();
    return *std::move(packed);
  }
};

Ids DrawIds(std::mt19937& random, const Encoder& encoder, size_t tokens) {
  Ids ids(tokens);
  for (int64_t& id : ids) id = static_cast<int64_t>(random() % encoder.word.shape[0]);
  return ids;
}

// The states of each text.
std::vector<std::vector<float>> RunPass(const PackedEncoder& encoder, const std::vector<Ids>& texts,
                                        PassScratch* scratch, CoreTeam* team) {
  std::vector<TextTokens> views;
  size_t tokens = 0;
  for (const Ids& ids : texts) {
    views.push_back({ids, {}});
    tokens += ids.size();
  }
  std::vector<float> states(tokens * encoder.hidden());
  const Status status = RunForwardPass(encoder, views, scratch, team, states);
  EXPECT_TRUE(status.ok()) << status.ToString();
  std::vector<std::vector<float>> each;
  const float* next = states.data();
  for (const Ids& ids : texts) {
    each.emplace_back(next, next + ids.size() * encoder.hidden());
    next += ids.size() * encoder.hidden();
  }
  return each;
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Runs random batches of texts of many lengths: alone, together, in another order, and by a team.
void ExpectOwnBits(const PackedEncoder& encoder, uint32_t seed) {
  std::mt19937 random(seed);
  const auto longest = static_cast<size_t>(std::min(encoder.encoder().max_positions, 90));
  std::vector<Ids> texts;
  for (int i = 0; i < 24; ++i) {
    texts.push_back(DrawIds(random, encoder.encoder(), 1 + random() % longest));
  }
  PassScratch scratch;
  CoreTeam team(3);
  std::vector<std::vector<float>> alone;
  for (const Ids& ids : texts) alone.push_back(RunPass(encoder, {ids}, &scratch, nullptr)[0]);
  for (int round = 0; round < 4; ++round) {
    std::vector<size_t> order(texts.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    order.resize(1 + random() % order.size());
    std::vector<Ids> batch;
    for (const size_t i : order) batch.push_back(texts[i]);
    const auto found = RunPass(encoder, batch, &scratch, round % 2 == 0 ? nullptr : &team);
    for (size_t i = 0; i < order.size(); ++i) {
      EXPECT_TRUE(SameBits(found[i], alone[order[i]]))
          << "text of " << texts[order[i]].size() << " tokens, round " << round;
    }
  }
  const auto shared = RunPass(encoder, {texts[0]}, &scratch, &team);
  EXPECT_TRUE(SameBits(shared[0], alone[0]));
}

TEST_P(ForwardPassTest, ATextsBitsAreItsOwnInEveryFamily) {
  uint32_t seed = 1;
  for (const std::string& family : testing::TinyFamilies()) {
    SCOPED_TRACE(family);
    auto encoder = testing::OpenTiny(family);
    ASSERT_TRUE(encoder.ok());
    ExpectOwnBits(Pack(*std::move(encoder)), ++seed);
  }
}

// The encoder needs more than one part of the inner columns, and more than one block of rows and
// groups.
TEST_P(ForwardPassTest, ATextsBitsAreItsOwnInAWideEncoder) {
  RandomTensors tensors(3);
  Encoder encoder = RandomBert(tensors, 2);
  encoder.max_positions = 700;
  encoder.position = tensors.Make("position", {700, 16}, 0.2);
  for (EncoderLayer& layer : encoder.layers) {
    layer.feed_forward.up = tensors.Linear("up", 1300, 16);
    layer.feed_forward.down = tensors.Linear("down", 16, 1300);
  }
  const PackedEncoder packed = Pack(encoder);
  ExpectOwnBits(packed, 9);
  std::mt19937 random(4);
  const std::vector<Ids> texts = {DrawIds(random, encoder, 700), DrawIds(random, encoder, 3)};
  PassScratch scratch;
  CoreTeam team(2);
  const auto alone = RunPass(packed, texts, &scratch, nullptr);
  const auto shared = RunPass(packed, texts, &scratch, &team);
  for (size_t t = 0; t < 2; ++t) EXPECT_TRUE(SameBits(alone[t], shared[t]));
}

TEST_P(ForwardPassTest, SeveralPassesMayRunAtOnce) {
  RandomTensors tensors(3);
  const Encoder encoder = RandomBert(tensors, 2);
  const PackedEncoder packed = Pack(encoder);
  std::mt19937 random(5);
  std::vector<Ids> texts;
  for (int i = 0; i < 12; ++i) texts.push_back(DrawIds(random, encoder, 1 + random() % 32));
  PassScratch scratch;
  const auto expected = RunPass(packed, texts, &scratch, nullptr);
  CoreTeam team(2);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      PassScratch own;
      for (int i = 0; i < 10; ++i) {
        const auto found = RunPass(packed, texts, &own, &team);
        for (size_t k = 0; k < found.size(); ++k) EXPECT_TRUE(SameBits(found[k], expected[k]));
      }
    });
  }
}

TEST_P(ForwardPassTest, RefusesATokenWithoutARow) {
  RandomTensors tensors(3);
  const PackedEncoder packed = Pack(RandomBert(tensors, 1));
  PassScratch scratch;
  std::vector<float> states(40 * packed.hidden());
  const auto refused = [&](const Ids& ids, const Ids& types, const std::string& reason) {
    const TextTokens text{ids, types};
    const Status status = RunForwardPass(packed, {&text, 1}, &scratch, nullptr, states);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_NE(status.message().find(reason), std::string::npos) << status.message();
  };
  refused({1, 40}, {}, "token id 40 has no row in word of 40 rows");
  refused({-1}, {}, "token id -1");
  refused({1}, {2}, "token type 2");
  refused(Ids(33, 1), {}, "33 tokens");
}

TEST_P(ForwardPassTest, TextsWithoutTokensChangeNoOtherText) {
  RandomTensors tensors(3);
  const PackedEncoder packed = Pack(RandomBert(tensors, 1));
  PassScratch scratch;
  EXPECT_TRUE(RunPass(packed, {}, &scratch, nullptr).empty());
  const auto both = RunPass(packed, {{}, {1, 2}}, &scratch, nullptr);
  const auto one = RunPass(packed, {{1, 2}}, &scratch, nullptr);
  EXPECT_TRUE(SameBits(both[1], one[0]));
}

TEST_P(ForwardPassTest, TokenTypesChooseTheirRow) {
  RandomTensors tensors(3);
  const PackedEncoder packed = Pack(RandomBert(tensors, 1));
  PassScratch scratch;
  std::vector<float> zeros(2 * packed.hidden());
  std::vector<float> ones(zeros.size());
  const Ids ids = {1, 2};
  const Ids types = {0, 1};
  const TextTokens plain{ids, {}};
  const TextTokens typed{ids, types};
  ASSERT_TRUE(RunForwardPass(packed, {&plain, 1}, &scratch, nullptr, zeros).ok());
  ASSERT_TRUE(RunForwardPass(packed, {&typed, 1}, &scratch, nullptr, ones).ok());
  EXPECT_FALSE(SameBits(zeros, ones));
}

INSTANTIATE_TEST_SUITE_P(All, ForwardPassTest, ::testing::ValuesIn(testing::EveryKernelSet()),
                         [](const auto& suite) { return testing::NameOf(*suite.param); });

}  // namespace
}  // namespace vetor
