// Compares every kernel of every set that this processor can run with plain loops in double.
#include "kernels/sets/kernel_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/drawn_values.h"

namespace vetor {
namespace {

using testing::Draw;
using testing::Floats;
using testing::Operand;

double Activated(Epilogue epilogue, double x) {
  switch (epilogue) {
    case Epilogue::kGelu:
      return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
    case Epilogue::kGeluTanh:
      return 0.5 * x *
             (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Epilogue::kRelu:
      return std::max(x, 0.0);
    case Epilogue::kSilu:
      return x / (1 + std::exp(-x));
    case Epilogue::kQuickGelu:
      return x / (1 + std::exp(-1.702 * x));
    default:
      return x;
  }
}

class KernelSetTest : public testing::OnKernelSet {};

// ---- Products ----

struct Matrix {
  const KernelSet& set;
  size_t rows, depth, columns;
  Floats left, right, bias;  // [rows, depth], [columns, depth], and [columns] filled up
};

Matrix DrawMatrix(const KernelSet& set, size_t rows, size_t depth, size_t columns) {
  Matrix m{set, rows, depth, columns, Draw(rows * depth, 1), Draw(columns * depth, 2, 0.05), {}};
  m.bias = Draw(columns, 3);
  m.bias.resize((columns + set.panel_columns - 1) / set.panel_columns * set.panel_columns);
  return m;
}

Floats Pack(const KernelSet& set, const Matrix& m) {
  const size_t words = PanelWords(set, m.depth);
  Floats panels(m.bias.size() / set.panel_columns * words, -9);
  for (size_t c = 0; c < m.columns; c += set.panel_columns) {
    PackPanel(set,
              {&m.right[c * m.depth], m.depth, std::min(set.panel_columns, m.columns - c), m.depth},
              &panels[c / set.panel_columns * words]);
  }
  return panels;
}

double Expected(const Matrix& m, size_t row, size_t column) {
  double sum = m.bias[column];
  for (size_t k = 0; k < m.depth; ++k) {
    sum +=
        Operand(m.set, m.left[row * m.depth + k]) * Operand(m.set, m.right[column * m.depth + k]);
  }
  return sum;
}

struct Call : ProductCall {
  Floats scratch;
};

Call CallFor(const Matrix& m, const Floats& panels, Floats* target) {
  Call call;
  call.rows = m.left.data();
  call.row_stride = call.depth = m.depth;
  call.row_count = m.rows;
  call.panels = panels.data();
  call.target = target->data();
  call.target_stride = m.bias.size();
  call.bias = m.bias.data();
  call.encoded_stride = EncodedStride(m.set, m.depth);
  call.scratch.assign(m.rows * call.encoded_stride, NAN);
  call.encoded = call.scratch.data();
  return call;
}

Floats Multiply(const KernelSet& set, const Matrix& m, Epilogue epilogue = Epilogue::kNone,
                float before = 0) {
  const Floats panels = Pack(set, m);
  Floats target(m.rows * m.bias.size(), before);
  Call call = CallFor(m, panels, &target);
  call.last_panel = m.bias.size() / set.panel_columns;
  call.epilogue = epilogue;
  call.next_panel = panels.data();
  set.product(call);
  return target;
}

TEST_P(KernelSetTest, ProductsOfOddSizesMatchDouble) {
  const size_t sizes[][3] = {{1, 1, 1},   {1, 7, 3},     {2, 384, 33},  {13, 17, 40},
                             {15, 31, 5}, {27, 384, 64}, {43, 100, 17}, {128, 5, 96}};
  for (const auto& [rows, depth, columns] : sizes) {
    SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(depth) + " x " +
                 std::to_string(columns));
    const Matrix m = DrawMatrix(set(), rows, depth, columns);
    const Floats found = Multiply(set(), m);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < m.bias.size(); ++c) {
        const double expected = c < columns ? Expected(m, r, c) : 0;
        ASSERT_NEAR(found[r * m.bias.size() + c], expected, 6e-6) << r << " " << c;
      }
    }
  }
}

TEST_P(KernelSetTest, EpiloguesAreAppliedToTheSums) {
  const Matrix m = DrawMatrix(set(), 17, 64, 50);
  const Floats sums = Multiply(set(), m);
  for (const Epilogue epilogue : {Epilogue::kGelu, Epilogue::kGeluTanh, Epilogue::kRelu,
                                  Epilogue::kSilu, Epilogue::kQuickGelu}) {
    const Floats found = Multiply(set(), m, epilogue);
    for (size_t i = 0; i < sums.size(); ++i) {
      ASSERT_NEAR(found[i], Activated(epilogue, sums[i]), 4e-7 * (1 + std::abs(sums[i])));
    }
  }
  const Floats found = Multiply(set(), m, Epilogue::kMultiply, 3);
  for (size_t i = 0; i < sums.size(); ++i) ASSERT_EQ(found[i], 3 * sums[i]);
}

TEST_P(KernelSetTest, ResidualAndBlocksOfPanels) {
  const size_t width = set().panel_columns;
  const Matrix m = DrawMatrix(set(), 19, 48, 4 * width);
  const Floats panels = Pack(set(), m);
  const Floats residual = Draw(m.rows * m.columns, 8);
  Floats target(m.rows * m.columns);
  Call call = CallFor(m, panels, &target);
  call.added = residual.data();
  call.added_stride = m.columns;
  call.target_stride = 2 * width;  // Two blocks of two panels: [block][row][2 * width].
  call.panels_per_block = 2;
  call.block_stride = m.rows * 2 * width;
  for (size_t p = 0; p < 4; ++p) {  // One panel at a time, as cores do that share a product.
    call.first_panel = p;
    call.last_panel = p + 1;
    set().product(call);
  }
  for (size_t r = 0; r < m.rows; ++r) {
    for (size_t c = 0; c < m.columns; ++c) {
      const size_t at = c / (2 * width) * call.block_stride + r * 2 * width + c % (2 * width);
      ASSERT_NEAR(target[at], Expected(m, r, c) + residual[r * m.columns + c], 3e-6);
    }
  }
}

// A row has the same bits alone, in a tile of any height, and with its depth in two parts.
TEST_P(KernelSetTest, RowsOfProductsDoNotDependOnTheirNeighbours) {
  Matrix m = DrawMatrix(set(), 31, 96, 40);
  const Floats together = Multiply(set(), m, Epilogue::kGelu);
  const size_t width = m.bias.size();
  for (size_t first = 0; first < 31; ++first) {
    for (const size_t count : {1u, 2u, 9u}) {
      if (first + count > 31) continue;
      Matrix part = m;
      part.rows = count;
      part.left.assign(m.left.begin() + static_cast<std::ptrdiff_t>(first * m.depth),
                       m.left.begin() + static_cast<std::ptrdiff_t>((first + count) * m.depth));
      const Floats found = Multiply(set(), part, Epilogue::kGelu);
      ASSERT_EQ(0, std::memcmp(found.data(), &together[first * width], count * width * 4)) << first;
    }
  }
}

TEST_P(KernelSetTest, DepthInPartsGivesTheSameBits) {
  const Matrix m = DrawMatrix(set(), 15, 96, set().panel_columns);
  const Floats whole = Multiply(set(), m);
  const Floats panels = Pack(set(), m);
  Floats target(whole.size());
  Call call = CallFor(m, panels, &target);
  call.last_panel = 1;
  call.depth = 40;
  set().product(call);
  call.rows += 40;
  call.panels += PanelWords(set(), 40);
  call.depth = 56;
  call.bias = nullptr;
  call.added = target.data();
  call.added_stride = call.target_stride;
  set().product(call);
  EXPECT_EQ(whole, target);
}

// What a product leaves for another one is what that one would have made of its floats.
TEST_P(KernelSetTest, EncodedTargetsGiveTheSameBits) {
  const size_t width = set().panel_columns;
  const Matrix first = DrawMatrix(set(), 29, 70, 2 * width + 5);
  const size_t inner = first.bias.size();
  Matrix second = DrawMatrix(set(), 29, first.columns, width);
  const Floats floats = Multiply(set(), first, Epilogue::kGelu);
  for (size_t r = 0; r < 29; ++r) {
    std::copy_n(&floats[r * inner], first.columns, &second.left[r * first.columns]);
  }
  const Floats expected = Multiply(set(), second);
  const Floats panels = Pack(set(), first);
  Floats words(29 * inner, NAN);
  Call up = CallFor(first, panels, &words);
  up.epilogue = Epilogue::kGelu;
  up.encode_target = true;
  for (size_t p = 0; p < 3; ++p) {
    up.first_panel = p;
    up.last_panel = p + 1;
    up.encoded_before = p > 0;
    set().product(up);
  }
  const Floats lower = Pack(set(), second);
  Floats found(expected.size());
  Call down = CallFor(second, lower, &found);
  down.rows = words.data();
  down.row_stride = inner;
  down.rows_encoded = true;
  down.encoded = nullptr;
  down.last_panel = 1;
  set().product(down);
  EXPECT_EQ(found, expected);
}

// ---- Rounding ----

// A product with ones shows what becomes of a row's values, one with a row of ones what becomes of
// weights.
TEST_P(KernelSetTest, RowsAndWeightsAreRoundedAlike) {
  const Floats values = {1.0F,
                         1.00390625F,    // Halfway between two bfloat16: to the even one below.
                         1.01171875F,    // Halfway: to the even one above.
                         1.0039063692F,  // Just above halfway.
                         -3.1415927F,   65280.0F, 1e-30F, -0.1F};
  for (const float value : values) {
    Matrix m = DrawMatrix(set(), 1, 1, 1);
    m.bias.assign(m.bias.size(), 0);
    for (const bool as_row : {true, false}) {
      m.left[0] = as_row ? value : 1;
      m.right[0] = as_row ? 1 : value;
      ASSERT_EQ(Multiply(set(), m)[0], Operand(set(), value)) << value << " as a row: " << as_row;
    }
  }
}

TEST_P(KernelSetTest, ProductsKeepWhatIsNotANumber) {
  for (const uint32_t bits : {0x7fc00000U, 0x7fffffffU, 0xffffffffU, 0x7f800001U}) {
    Matrix m = DrawMatrix(set(), 3, 7, 5);
    m.left[7 + 4] = std::bit_cast<float>(bits);
    const Floats found = Multiply(set(), m);
    for (size_t r = 0; r < 3; ++r) {
      EXPECT_EQ(std::isnan(found[r * m.bias.size()]), r == 1) << bits;
    }
  }
}

// ---- Functions of one number ----

TEST_P(KernelSetTest, ActivationsAreGoodTo2e7) {
  Floats x;
  for (int i = -400000; i <= 400000; ++i) x.push_back(static_cast<float>(i) / 20000);
  for (const float far :
       {-1e30F, -1e4F, -126.0F, -88.0F, -20.5F, 88.0F, 1e4F, 1e30F, 0.0F, -0.0F, 1e-30F}) {
    x.push_back(far);
  }
  for (const Epilogue epilogue : {Epilogue::kGelu, Epilogue::kGeluTanh, Epilogue::kRelu,
                                  Epilogue::kSilu, Epilogue::kQuickGelu}) {
    Floats found = x;
    set().activate(epilogue, found.data(), found.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const double tolerance = 2e-7 * std::max(1.0, std::abs(double{x[i]}));
      ASSERT_NEAR(found[i], Activated(epilogue, x[i]), tolerance)
          << "epilogue " << static_cast<int>(epilogue) << " of " << x[i];
    }
  }
}

TEST_P(KernelSetTest, PowersOfTwoAreGoodTo2e7) {
  Floats x;
  for (int i = -1260000; i <= 1260000; ++i) x.push_back(static_cast<float>(i) / 10000);
  Floats found = x;
  set().exponentiate(found.data(), found.size());
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(found[i] / std::exp2(double{x[i]}), 1, 2e-7) << x[i];
  }
  Floats far = {-1e30F, -INFINITY, -127, 1e30F};
  set().exponentiate(far.data(), far.size());
  EXPECT_LE(far[0], 2e-38F);
  EXPECT_LE(far[1], 2e-38F);
  EXPECT_EQ(far[3], std::exp2(126.0F));
}

TEST_P(KernelSetTest, WhatIsNotANumberStaysSo) {
  for (const Epilogue epilogue : {Epilogue::kGelu, Epilogue::kGeluTanh, Epilogue::kRelu,
                                  Epilogue::kSilu, Epilogue::kQuickGelu}) {
    Floats x = {1, NAN, 2};
    set().activate(epilogue, x.data(), x.size());
    EXPECT_TRUE(std::isnan(x[1])) << static_cast<int>(epilogue);
    EXPECT_FALSE(std::isnan(x[0]) || std::isnan(x[2]));
  }
  Floats power = {NAN, 1};
  set().exponentiate(power.data(), 2);
  EXPECT_TRUE(std::isnan(power[0]));
}

// ---- Norms and rotation ----

TEST_P(KernelSetTest, NormsOfAnyWidthMatchDouble) {
  for (const size_t width : {1u, 5u, 16u, 33u, 100u, 384u, 771u}) {
    for (const bool centred : {true, false}) {
      const size_t stride = width + 3;
      const Floats x = Draw(7 * stride, 4, 2, 0.5);
      const Floats weight = Draw(width, 5, 0.2, 1);
      const Floats bias = Draw(width, 6, 0.2);
      Floats found(x.size(), 42);
      set().normalize({x.data(), stride, found.data(), stride, 7, width, weight.data(), bias.data(),
                       1e-5F, centred, false});
      Floats twice = found;
      set().normalize({x.data(), stride, twice.data(), stride, 7, width, weight.data(), bias.data(),
                       1e-5F, centred, true});
      for (size_t r = 0; r < 7; ++r) {
        double mean = 0;
        double squares = 0;
        for (size_t i = 0; centred && i < width; ++i) mean += x[r * stride + i] / double(width);
        for (size_t i = 0; i < width; ++i) squares += std::pow(x[r * stride + i] - mean, 2);
        const double inverse = 1 / std::sqrt(squares / double(width) + 1e-5);
        for (size_t i = 0; i < width; ++i) {
          const double expected = (x[r * stride + i] - mean) * inverse * weight[i] + bias[i];
          // With one component, x - mean is 0, and the rounding error of it is divided by
          // sqrt(epsilon).
          ASSERT_NEAR(found[r * stride + i], expected, width == 1 ? 1e-3 : 4e-6) << width;
          ASSERT_FLOAT_EQ(twice[r * stride + i], 2 * found[r * stride + i]);
        }
        ASSERT_EQ(found[r * stride + width], 42) << "beyond the width";
      }
    }
  }
}

TEST_P(KernelSetTest, RotationTurnsTheHalves) {
  for (const size_t half : {1u, 4u, 16u, 19u}) {
    const size_t stride = 2 * half + 5;
    const Floats x = Draw(9 * stride, 7);
    const Floats cosines = Draw(9 * half, 8);
    const Floats sines = Draw(9 * half, 9);
    Floats found = x;
    set().rotate({found.data(), stride, 9, half, cosines.data(), sines.data()});
    for (size_t r = 0; r < 9; ++r) {
      for (size_t i = 0; i < stride; ++i) {
        const float* row = &x[r * stride];
        double expected = row[i];
        if (i < half)
          expected = row[i] * cosines[r * half + i] - row[i + half] * sines[r * half + i];
        if (i >= half && i < 2 * half) {
          const size_t j = r * half + i - half;
          expected = row[i] * cosines[j] + row[i - half] * sines[j];
        }
        ASSERT_NEAR(found[r * stride + i], expected, 2e-6);
      }
    }
  }
}

VETOR_ON_EVERY_KERNEL_SET(KernelSetTest);

// ---- The choice ----

TEST(FindKernelSetTest, TheFastestWithoutAName) {
  const auto found = FindKernelSet("");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, SupportedKernelSets().front());
  EXPECT_EQ(SupportedKernelSets().back()->name, std::string("portable"));
}

TEST(FindKernelSetTest, ALowerOneByName) {
  const auto found = FindKernelSet("portable");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ((*found)->name, std::string("portable"));
}

// fp32 has no set of its own for a processor with BF16, so the name chooses the next one.
TEST(FindKernelSetTest, ANameFitsEachPrecision) {
  for (const KernelSet* set : SupportedKernelSets(Operands::kBFloat16)) {
    SCOPED_TRACE(set->name);
    EXPECT_EQ(FindKernelSet(set->name, Operands::kBFloat16).value(), set);
    const KernelSet& float32 = *FindKernelSet(set->name).value();
    EXPECT_EQ(float32.operands, Operands::kFloat32);
    EXPECT_FALSE(IsFasterThanFloat32(float32));
    EXPECT_EQ(float32.panel_columns, set->panel_columns);
  }
  EXPECT_TRUE(IsPortable(*SupportedKernelSets(Operands::kBFloat16).back()));
}

TEST(FindKernelSetTest, AnUnknownNameSaysWhatThereIs) {
  const auto found = FindKernelSet("sse9");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(found.status().message().find("VETOR_CPU is \"sse9\""), std::string::npos);
  EXPECT_NE(found.status().message().find("portable"), std::string::npos);
}

}  // namespace
}  // namespace vetor
