// libFuzzer compares each kernel of each instruction set that this processor can run, on odd sizes,
// with the portable set. Every array has exactly the floats that kernel_set.h asks for.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/sets/kernel_set.h"
#include "tests/fuzz/kernels/fuzzed_numbers.h"

namespace {

using vetor::Epilogue;
using vetor::KernelSet;
using vetor::Operands;
using vetor::fuzzing::FuzzedNumbers;
using Floats = std::vector<float>;

constexpr double kUlp = 6e-8;       // The error of one rounding.
constexpr double kFunction = 5e-7;  // Two functions of one number, each good to 2e-7.
constexpr Epilogue kEpilogues[] = {Epilogue::kNone,    Epilogue::kGelu, Epilogue::kGeluTanh,
                                   Epilogue::kRelu,    Epilogue::kSilu, Epilogue::kQuickGelu,
                                   Epilogue::kMultiply};

size_t WholePanels(const KernelSet& set, size_t columns) {
  return (columns + set.panel_columns - 1) / set.panel_columns * set.panel_columns;
}

const KernelSet& Portable(Operands operands = Operands::kFloat32) {
  return *vetor::SupportedKernelSets(operands).back();
}

Operands DrawOperands(FuzzedNumbers* in) {
  return in->Flag() ? Operands::kBFloat16 : Operands::kFloat32;
}

void Near(double found, double expected, double tolerance, const KernelSet& set, const char* what) {
  if (std::abs(found - expected) <= tolerance) return;
  std::fprintf(stderr, "%s of %s: %.9g, expected %.9g within %.3g\n", what, set.name, found,
               expected, tolerance);
  std::abort();
}

void Require(bool right) {
  if (!right) std::abort();
}

struct Product {
  size_t rows, depth, columns;
  Floats left, right, bias, added, before;
  bool has_bias, has_added;
  Epilogue epilogue;
  size_t panels_per_block;
  size_t gap;  // How many floats lie between rows.
};

Product DrawProduct(FuzzedNumbers* in) {
  Product p{};
  p.rows = in->UpTo(45);
  p.depth = in->UpTo(100);
  p.columns = in->UpTo(100);
  p.epilogue = kEpilogues[in->Below(std::size(kEpilogues))];
  p.has_bias = in->Flag();
  p.has_added = in->Flag();
  p.panels_per_block = in->Flag() ? SIZE_MAX : in->UpTo(3);
  p.gap = in->Below(20);
  p.left = in->Draw(p.rows * (p.depth + p.gap));
  p.right = in->Draw(p.columns * p.depth, 0.3);
  p.bias = in->Draw(p.columns);
  p.added = in->Draw(p.rows * p.columns);
  p.before = in->Draw(p.rows * p.columns);
  return p;
}

// The columns, filled up with zeros.
Floats Widened(const Floats& rows, size_t row_count, size_t columns, size_t width) {
  Floats wide(row_count * width);
  for (size_t r = 0; r < row_count; ++r) {
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(r * columns), columns,
                wide.begin() + static_cast<std::ptrdiff_t>(r * width));
  }
  return wide;
}

Floats Pack(const KernelSet& set, const Product& p) {
  const size_t words = vetor::PanelWords(set, p.depth);
  Floats panels(WholePanels(set, p.columns) / set.panel_columns * words);
  for (size_t c = 0; c < p.columns; c += set.panel_columns) {
    vetor::PackPanel(
        set, {&p.right[c * p.depth], p.depth, std::min(set.panel_columns, p.columns - c), p.depth},
        &panels[c / set.panel_columns * words]);
  }
  return panels;
}

// Computes rows [first, first + count) as [count, columns], in two calls with half of the panels
// each.
Floats Multiply(const KernelSet& set, const Product& p, size_t first, size_t count) {
  const size_t width = WholePanels(set, p.columns);
  const size_t panel_count = width / set.panel_columns;
  const size_t block_panels = std::min(p.panels_per_block, panel_count);
  const Floats panels = Pack(set, p);
  const Floats bias = Widened(p.bias, 1, p.columns, width);
  const Floats added = Widened(p.added, p.rows, p.columns, width);
  const Floats before = Widened(p.before, p.rows, p.columns, width);
  const size_t stride = block_panels * set.panel_columns;
  const size_t block = count * stride;
  Floats target((panel_count + block_panels - 1) / block_panels * block);
  const auto at = [&](size_t row, size_t column) {
    const size_t panel = column / set.panel_columns;
    return panel / block_panels * block + row * stride + panel % block_panels * set.panel_columns +
           column % set.panel_columns;
  };
  for (size_t r = 0; r < count; ++r) {
    for (size_t c = 0; c < width; ++c) target[at(r, c)] = before[(first + r) * width + c];
  }
  const size_t left_stride = p.depth + p.gap;
  // Behind them lies nothing but the last row's own floats.
  const auto begin = p.left.begin() + static_cast<std::ptrdiff_t>(first * left_stride);
  const Floats rows(begin,
                    begin + static_cast<std::ptrdiff_t>((count - 1) * left_stride + p.depth));
  vetor::ProductCall call;
  call.rows = rows.data();
  call.row_stride = left_stride;
  call.row_count = count;
  call.depth = p.depth;
  call.panels = panels.data();
  call.target = target.data();
  call.target_stride = stride;
  call.panels_per_block = block_panels;
  call.block_stride = block;
  if (p.has_bias) call.bias = bias.data();
  if (p.has_added) call.added = added.data() + first * width;
  call.added_stride = width;
  call.epilogue = p.epilogue;
  call.next_panel = panels.data();
  call.encoded_stride = vetor::EncodedStride(set, p.depth);
  Floats encoded(count * call.encoded_stride, NAN);
  call.encoded = encoded.data();
  const size_t middle = panel_count / 2;
  for (const auto& [from, to] : {std::pair(size_t{0}, middle), std::pair(middle, panel_count)}) {
    call.first_panel = from;
    call.last_panel = to;
    if (from < to) set.product(call);
  }
  Floats found(count * p.columns);
  for (size_t r = 0; r < count; ++r) {
    for (size_t c = 0; c < p.columns; ++c) found[r * p.columns + c] = target[at(r, c)];
  }
  return found;
}

// How much the order of rounding may change one sum and what follows it.
double ProductTolerance(const Product& p, size_t row, size_t column) {
  double sum = p.has_bias ? std::abs(p.bias[column]) : 0;
  if (p.has_added) sum += std::abs(p.added[row * p.columns + column]);
  for (size_t k = 0; k < p.depth; ++k) {
    sum += std::abs(double{p.left[row * (p.depth + p.gap) + k]} * p.right[column * p.depth + k]);
  }
  const double rounding = kUlp * (2 + static_cast<double>(p.depth)) * sum;
  if (p.epilogue != Epilogue::kMultiply) return 1.2 * rounding + kFunction * (1 + sum);
  return (rounding + kUlp * sum) * std::abs(p.before[row * p.columns + column]) + 1e-12;
}

void FuzzProduct(FuzzedNumbers* in) {
  const Operands operands = DrawOperands(in);
  const Product p = DrawProduct(in);
  const size_t alone = in->Below(p.rows);
  const Floats expected = Multiply(Portable(operands), p, 0, p.rows);
  std::vector<double> tolerances;
  for (size_t i = 0; i < expected.size(); ++i) {
    tolerances.push_back(ProductTolerance(p, i / p.columns, i % p.columns));
  }
  for (const KernelSet* set : vetor::SupportedKernelSets(operands)) {
    const Floats found = Multiply(*set, p, 0, p.rows);
    for (size_t i = 0; i < found.size(); ++i) {
      Near(found[i], expected[i], tolerances[i], *set, "a product");
    }
    const Floats one = Multiply(*set, p, alone, 1);
    Require(std::memcmp(one.data(), &found[alone * p.columns], p.columns * sizeof(float)) == 0);
  }
}

struct Attention {
  size_t tokens, dim;
  Floats queries, keys, values, bias;
  bool causal, biased;
  size_t window;
};

Attention DrawAttention(FuzzedNumbers* in) {
  Attention a{};
  a.tokens = in->Below(32) == 0 ? in->UpTo(800) : in->UpTo(70);
  a.dim = in->UpTo(90);
  a.causal = in->Flag();
  a.biased = in->Flag();
  a.window = in->Flag() ? in->Below(2 * a.tokens) : 0;
  a.queries = in->Draw(a.tokens * a.dim, 1.0 / std::sqrt(static_cast<double>(a.dim)));
  a.keys = in->Draw(a.tokens * a.dim, in->Flag() ? 1 : 6);
  a.values = in->Draw(a.tokens * a.dim);
  a.bias = in->Draw(2 * a.tokens - 1);
  return a;
}

// [tokens, dim]
Floats Attend(const KernelSet& set, const Attention& a) {
  const size_t width = WholePanels(set, a.dim);
  const Floats queries = Widened(a.queries, a.tokens, a.dim, width);
  Floats keys = Widened(a.keys, a.tokens, a.dim, width);
  const Floats values = Widened(a.values, a.tokens, a.dim, width);
  keys.resize((a.tokens + set.panel_columns - 1) * width, NAN);
  Floats panels(vetor::KeyPanelFloats(set, a.tokens, width));
  Floats scores(vetor::ScoreFloats(set, a.tokens, width), NAN);
  const size_t stride = width + 1;
  Floats context((a.tokens - 1) * stride + width, 42);
  set.prepare_keys({keys.data(), values.data(), a.tokens, width, panels.data()});
  set.attend({a.tokens, width, queries.data(), panels.data(), values.data(), a.causal, a.window,
              a.biased ? a.bias.data() + a.tokens - 1 : nullptr, scores.data(), context.data(),
              stride});
  Floats found(a.tokens * a.dim);
  for (size_t t = 0; t < a.tokens; ++t) {
    for (size_t d = 0; d < a.dim; ++d) found[t * a.dim + d] = context[t * stride + d];
    if (t + 1 < a.tokens) Require(context[t * stride + width] == 42);
  }
  return found;
}

double Largest(const Floats& values) {
  double most = 0;
  for (const float value : values) most = std::max(most, std::abs(double{value}));
  return most;
}

void FuzzAttention(FuzzedNumbers* in) {
  const Operands operands = DrawOperands(in);
  const Attention a = DrawAttention(in);
  const Floats expected = Attend(Portable(operands), a);
  const auto dim = static_cast<double>(a.dim);
  const double scores = dim * Largest(a.queries) * Largest(a.keys) + Largest(a.bias);
  // A weight may be rounded to the other one of two neighbouring bfloat16.
  const double rounding = operands == Operands::kFloat32 ? 0 : 4e-3;
  const double tolerance = Largest(a.values) * (1e-5 + rounding + 4 * kUlp * scores + kUlp * dim);
  for (const KernelSet* set : vetor::SupportedKernelSets(operands)) {
    const Floats found = Attend(*set, a);
    for (size_t i = 0; i < found.size(); ++i) {
      Near(found[i], expected[i], tolerance, *set, "attention");
    }
  }
}

void FuzzNorm(FuzzedNumbers* in) {
  const size_t rows = in->UpTo(20);
  const size_t width = in->UpTo(800);
  const size_t stride = width + in->Below(7);
  const size_t floats = (rows - 1) * stride + width;
  const Floats x = in->Draw(floats, 2, in->Flag() ? 0 : 3);
  const Floats weight = in->Draw(width, 0.2, 1);
  const Floats bias = in->Draw(width, 0.2);
  const bool centred = in->Flag();
  const bool add = in->Flag();
  const bool in_place = in->Flag();
  const float epsilon = width < 4 ? 1e-2F : 1e-12F;
  const auto run = [&](const KernelSet& set) {
    Floats target = in_place ? x : Floats(floats, 42);
    set.normalize({in_place ? target.data() : x.data(), stride, target.data(), stride, rows, width,
                   weight.data(), bias.data(), epsilon, centred, add});
    return target;
  };
  const Floats expected = run(Portable());
  const double tolerance = width < 4 ? 1e-4 : 2e-5;
  for (const KernelSet* set : vetor::SupportedKernelSets()) {
    const Floats found = run(*set);
    for (size_t i = 0; i < floats; ++i) {
      const bool beyond = i % stride >= width;
      Near(found[i], expected[i], beyond ? 0 : tolerance * (1 + std::abs(expected[i])), *set,
           "a norm");
    }
  }
}

void FuzzRotation(FuzzedNumbers* in) {
  const size_t rows = in->UpTo(20);
  const size_t half = in->UpTo(70);
  const size_t stride = 2 * half + in->Below(9);
  const Floats x = in->Draw((rows - 1) * stride + 2 * half);
  const Floats cosines = in->Draw(rows * half);
  const Floats sines = in->Draw(rows * half);
  const auto run = [&](const KernelSet& set) {
    Floats turned = x;
    set.rotate({turned.data(), stride, rows, half, cosines.data(), sines.data()});
    return turned;
  };
  const Floats expected = run(Portable());
  const double tolerance = 4 * kUlp * Largest(x) * (Largest(cosines) + Largest(sines));
  for (const KernelSet* set : vetor::SupportedKernelSets()) {
    const Floats found = run(*set);
    for (size_t i = 0; i < found.size(); ++i) {
      Near(found[i], expected[i], i % stride < 2 * half ? tolerance : 0, *set, "a rotation");
    }
  }
}

void FuzzFunctions(FuzzedNumbers* in) {
  const Floats x = in->Draw(in->UpTo(200), in->Flag() ? 1 : 40);
  const Epilogue epilogue = kEpilogues[1 + in->Below(std::size(kEpilogues) - 2)];
  Floats activated = x;
  Portable().activate(epilogue, activated.data(), x.size());
  Floats powers = x;
  Portable().exponentiate(powers.data(), x.size());
  for (const KernelSet* set : vetor::SupportedKernelSets()) {
    Floats found = x;
    set->activate(epilogue, found.data(), x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      Near(found[i], activated[i], kFunction * (1 + std::abs(x[i])), *set, "an activation");
    }
    found = x;
    set->exponentiate(found.data(), x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      Near(found[i], powers[i], kFunction * powers[i] + 2e-38, *set, "a power");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedNumbers in(data, size);
  constexpr void (*kParts[])(FuzzedNumbers*) = {&FuzzProduct, &FuzzAttention, &FuzzNorm,
                                                &FuzzRotation, &FuzzFunctions};
  kParts[in.Below(std::size(kParts))](&in);
  return 0;
}
