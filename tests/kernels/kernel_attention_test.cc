// Compares attention of every set that this processor can run with plain loops in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/sets/kernel_set.h"
#include "tests/kernels/drawn_values.h"

namespace vetor {
namespace {

using testing::Draw;
using testing::Floats;
using testing::Operand;

class KernelAttentionTest : public testing::OnKernelSet {};

struct AttentionCase {
  size_t tokens;
  size_t head_panels = 1;
  bool causal = false;
  size_t window = 0;
  bool biased = false;
};

bool Sees(const AttentionCase& c, size_t query, size_t key) {
  if (c.causal && key > query) return false;
  const size_t distance = key > query ? key - query : query - key;
  return c.window == 0 || distance <= c.window;
}

void ExpectAttention(const KernelSet& set, const AttentionCase& c) {
  const size_t width = c.head_panels * set.panel_columns;
  const size_t rows = c.tokens + set.panel_columns;  // Memory behind the text does not matter.
  const Floats q = Draw(rows * width, 11, 1.5);
  const Floats k = Draw(rows * width, 12, 0.5);
  const Floats v = Draw(rows * width, 13);
  const Floats bias = Draw(2 * c.tokens, 14);
  Floats panels(KeyPanelFloats(set, c.tokens, width));
  Floats scores(ScoreFloats(set, c.tokens, width), NAN);
  const size_t stride = width + 4;
  Floats context(c.tokens * stride, 42);
  // The weights of the values are rounded as well, each by one part in 512 at most.
  const double tolerance = set.operands == Operands::kFloat32 ? 1e-5 : 1e-2;
  set.prepare_keys({k.data(), v.data(), c.tokens, width, panels.data()});
  set.attend({c.tokens, width, q.data(), panels.data(), v.data(), c.causal, c.window,
              c.biased ? bias.data() + c.tokens : nullptr, scores.data(), context.data(), stride});
  for (size_t i = 0; i < c.tokens; ++i) {
    std::vector<double> weights(c.tokens);
    double total = 0;
    for (size_t j = 0; j < c.tokens; ++j) {
      if (!Sees(c, i, j)) continue;
      double score = c.biased ? bias[c.tokens + j - i] : 0;
      for (size_t d = 0; d < width; ++d) {
        score += Operand(set, q[i * width + d]) * Operand(set, k[j * width + d]);
      }
      total += weights[j] = std::exp2(score);
    }
    for (size_t d = 0; d < width; ++d) {
      double expected = 0;
      for (size_t j = 0; j < c.tokens; ++j) {
        expected += weights[j] / total * Operand(set, v[j * width + d]);
      }
      ASSERT_NEAR(context[i * stride + d], expected, tolerance)
          << "token " << i << " component " << d;
    }
    ASSERT_EQ(context[i * stride + width], 42);
  }
}

TEST_P(KernelAttentionTest, AttentionMatchesDouble) {
  const AttentionCase cases[] = {{1},
                                 {2},
                                 {15},
                                 {16},
                                 {17},
                                 {33},
                                 {100},
                                 {257},
                                 {1, 2},
                                 {40, 3},
                                 {31, 1, true},
                                 {70, 2, true},
                                 {9, 1, false, 2},
                                 {90, 1, false, 5},
                                 {150, 1, false, 64},
                                 {100, 1, true, 7},
                                 {1, 1, true, 3},
                                 {40, 1, false, 0, true},
                                 {61, 1, true, 0, true},
                                 {61, 1, false, 9, true}};
  for (const AttentionCase& c : cases) {
    SCOPED_TRACE(std::to_string(c.tokens) + " tokens, causal " + std::to_string(c.causal) +
                 ", window " + std::to_string(c.window) + ", biased " + std::to_string(c.biased));
    ExpectAttention(set(), c);
  }
}

// Behind a text in memory lies another one, which has no part in its result.
TEST_P(KernelAttentionTest, AttentionIgnoresWhatFollows) {
  const size_t width = set().panel_columns;
  const size_t tokens = 21;
  const size_t rows = tokens + width;
  Floats q = Draw(rows * width, 11);
  Floats k = Draw(rows * width, 12);
  Floats v = Draw(rows * width, 13);
  const auto run = [&] {
    Floats panels(KeyPanelFloats(set(), tokens, width));
    Floats scores(ScoreFloats(set(), tokens, width), NAN);
    Floats context(tokens * width);
    set().prepare_keys({k.data(), v.data(), tokens, width, panels.data()});
    set().attend({tokens, width, q.data(), panels.data(), v.data(), false, 0, nullptr,
                  scores.data(), context.data(), width});
    return context;
  };
  const Floats before = run();
  for (Floats* floats : {&q, &k, &v}) {
    std::fill(floats->begin() + static_cast<std::ptrdiff_t>(tokens * width), floats->end(), NAN);
  }
  EXPECT_EQ(before, run());
}

// A key that is not a number spoils every query that sees it, and no other query.
TEST_P(KernelAttentionTest, AttentionKeepsWhatIsNotANumber) {
  const size_t width = set().panel_columns;
  const size_t tokens = 40;
  const Floats q = Draw((tokens + width) * width, 11);
  Floats k = Draw(q.size(), 12);
  const Floats v = Draw(q.size(), 13);
  k[20 * width] = NAN;
  Floats panels(KeyPanelFloats(set(), tokens, width));
  Floats scores(ScoreFloats(set(), tokens, width));
  Floats context(tokens * width);
  set().prepare_keys({k.data(), v.data(), tokens, width, panels.data()});
  set().attend({tokens, width, q.data(), panels.data(), v.data(), true, 0, nullptr, scores.data(),
                context.data(), width});
  for (size_t i = 0; i < tokens; ++i) {
    EXPECT_EQ(std::isnan(context[i * width]), i >= 20) << i;
  }
}

VETOR_ON_EVERY_KERNEL_SET(KernelAttentionTest);

}  // namespace
}  // namespace vetor
