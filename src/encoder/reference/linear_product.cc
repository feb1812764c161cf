#include "encoder/reference/linear_product.h"

#include <algorithm>
#include <type_traits>

#include "encoder/linear_reader.h"
#include "kernels/product_tile.h"
#include "kernels/task_loop.h"

namespace vetor {
namespace {

constexpr size_t kBlockOutputs = 32;
static_assert(kBlockOutputs % kTileLeft == 0);

template <typename Scalar>
ProductTile<Scalar> FastestTile() {
  const ProductKernel& kernel = SupportedProductKernels().front();
  if constexpr (std::is_same_v<Scalar, double>) {
    return kernel.doubles;
  } else {
    return kernel.floats;
  }
}

// [rows, depth] -> [depth, kTileLeft]; missing rows become zeros.
template <typename Scalar>
void PackWeights(const float* weights, size_t rows, size_t depth, Scalar* packed) {
  for (size_t o = 0; o < kTileLeft; ++o) {
    for (size_t k = 0; k < depth; ++k) {
      packed[k * kTileLeft + o] = o < rows ? weights[o * depth + k] : 0;
    }
  }
}

// Where one tile's sums go.
template <typename Scalar>
struct TileTarget {
  TokenMatrix<Scalar>* output;
  const float* bias;  // [outputs], or null.
  size_t first_output;
  size_t outputs;
};

template <typename Scalar>
void ScatterSums(const Scalar* sums, size_t first_token, const TileTarget<Scalar>& target) {
  const size_t tokens = std::min(kTileRight<Scalar>, target.output->tokens - first_token);
  for (size_t t = 0; t < tokens; ++t) {
    Scalar* row = target.output->row(first_token + t) + target.first_output;
    for (size_t o = 0; o < target.outputs; ++o) {
      const Scalar bias = target.bias == nullptr ? Scalar{0} : Scalar{target.bias[o]};
      row[o] = sums[o * kTileRight<Scalar> + t] + bias;
    }
  }
}

}  // namespace

template <typename Scalar>
PackedTokens<Scalar> PackTokens(const TokenMatrix<Scalar>& matrix, int threads) {
  constexpr size_t kTokens = kTileRight<Scalar>;
  const size_t tiles = (matrix.tokens + kTokens - 1) / kTokens;
  PackedTokens<Scalar> packed{matrix.tokens, matrix.features, {}};
  packed.values.resize(tiles * matrix.features * kTokens);
  RunBlocks(tiles, threads, [&](size_t tile) {
    Scalar* out = packed.values.data() + tile * matrix.features * kTokens;
    const size_t end = std::min(kTokens, matrix.tokens - tile * kTokens);
    for (size_t t = 0; t < end; ++t) {
      const Scalar* row = matrix.row(tile * kTokens + t);
      for (size_t k = 0; k < matrix.features; ++k) out[k * kTokens + t] = row[k];
    }
  });
  return packed;
}

template <typename Scalar>
TokenMatrix<Scalar> LinearProduct(const PackedTokens<Scalar>& tokens, const LinearWeights& linear,
                                  int threads) {
  constexpr size_t kTokens = kTileRight<Scalar>;
  const size_t outputs = linear.outputs();
  const size_t depth = tokens.features;
  const std::vector<float> bias =
      linear.bias.empty() ? std::vector<float>() : ToFloats(linear.bias);
  const ProductTile<Scalar> multiply = FastestTile<Scalar>();
  TokenMatrix<Scalar> result(tokens.tokens, outputs);
  RunBlocks((outputs + kBlockOutputs - 1) / kBlockOutputs, threads, [&](size_t block) {
    const size_t begin = block * kBlockOutputs;
    const size_t end = std::min(begin + kBlockOutputs, outputs);
    std::vector<float> weights((end - begin) * depth);
    ReadByOutput(linear, {begin, end - begin, 0, depth}, weights.data(), depth);
    std::vector<Scalar> packed(depth * kTileLeft);
    std::vector<Scalar> sums(kTileLeft * kTokens);
    for (size_t o = begin; o < end; o += kTileLeft) {
      const size_t rows = std::min(kTileLeft, end - o);
      PackWeights(weights.data() + (o - begin) * depth, rows, depth, packed.data());
      const TileTarget<Scalar> target{&result, bias.empty() ? nullptr : bias.data() + o, o, rows};
      for (size_t first = 0; first < tokens.tokens; first += kTokens) {
        multiply(packed.data(), tokens.values.data() + first * depth, depth, Scalar{1},
                 sums.data());
        ScatterSums(sums.data(), first, target);
      }
    }
  });
  return result;
}

template PackedTokens<double> PackTokens(const TokenMatrix<double>&, int);
template PackedTokens<float> PackTokens(const TokenMatrix<float>&, int);
template TokenMatrix<double> LinearProduct(const PackedTokens<double>&, const LinearWeights&, int);
template TokenMatrix<float> LinearProduct(const PackedTokens<float>&, const LinearWeights&, int);

}  // namespace vetor
