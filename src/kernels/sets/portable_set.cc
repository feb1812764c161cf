// For any processor: vectors of four floats, by the vector types of GCC and Clang. 16 registers
// hold 6 rows by 2 vectors, two columns, a row and a product. Multiplication and addition round
// separately.
#include "kernels/sets/compiled_sets.h"
#include "kernels/sets/make_set.h"

namespace vetor {
namespace {

using FloatLanes __attribute__((vector_size(16))) = float;
using IntLanes __attribute__((vector_size(16))) = int;
using BitLanes __attribute__((vector_size(16))) = unsigned;

struct Portable {
  using Float = FloatLanes;
  using Base = Portable;  ///< The type whose tiles, norms and activations it has.
  static constexpr Operands kOperands = Operands::kFloat32;
  static constexpr size_t kWordDepths = 1;
  static constexpr size_t kLanes = 4;
  static constexpr int kPanelVectors = 2;
  static constexpr size_t kTileRows = 6;
  static constexpr int kGeluDegree = 5;

  static const GeluTable& Table() { return GeluTableOf16(); }

  static Float Zero() { return Float{0, 0, 0, 0}; }
  static Float Set(float x) { return Float{x, x, x, x}; }
  static Float Load(const float* from) {
    Float x;
    __builtin_memcpy(&x, from, sizeof x);
    return x;
  }
  static Float Broadcast(const float* from) { return Set(*from); }
  static void Store(float* to, Float x) { __builtin_memcpy(to, &x, sizeof x); }
  static Float LoadPart(const float* from, size_t count) {
    Float x = Zero();
    for (size_t i = 0; i < kLanes && i < count; ++i) x[i] = from[i];
    return x;
  }
  static void StorePart(float* to, size_t count, Float x) {
    for (size_t i = 0; i < kLanes && i < count; ++i) to[i] = x[i];
  }
  // Lanes [from, to) of `x`, the others of `other`.
  static Float Keep(Float x, size_t from, size_t to, Float other) {
    for (size_t i = from; i < kLanes && i < to; ++i) other[i] = x[i];
    return other;
  }
  static Float Fma(Float a, Float b, Float c) { return a * b + c; }
  static Float Multiply(Float row, Float column, Float sum) { return Fma(row, column, sum); }
  static Float Max(Float a, Float b) { return a > b ? a : b; }
  static Float Min(Float a, Float b) { return a < b ? a : b; }
  static Float Round(Float x) {  // |x| < 2^22
    const Float magic = Set(12582912.0F);
    return (x + magic) - magic;
  }
  // `power` is whole and in [-126, 126].
  static Float TimesPowerOf2(Float x, Float power) {
    const IntLanes exponent = __builtin_convertvector(power, IntLanes) + 127;
    return x * reinterpret_cast<Float>(exponent << 23);
  }
  // The lowest four bits of each lane of `index` choose among 16 floats.
  static Float Lookup(const float* table, Float index) {
    const IntLanes place = reinterpret_cast<IntLanes>(index) & 15;
    return Float{table[place[0]], table[place[1]], table[place[2]], table[place[3]]};
  }
  static float SumOf(Float x) { return (x[0] + x[2]) + (x[1] + x[3]); }
  static float LargestOf(Float x) {
    float top = x[0];
    for (size_t i = 1; i < kLanes; ++i) top = x[i] > top ? x[i] : top;
    return top;
  }
  static void Transpose(const float* from, size_t stride, float* to, size_t to_stride) {
    for (size_t i = 0; i < kLanes; ++i) {
      for (size_t j = 0; j < kLanes; ++j) to[j * to_stride + i] = from[i * stride + j];
    }
  }
};

struct PortableRounded : Portable {
  static constexpr Operands kOperands = Operands::kBFloat16;

  static Float Rounded(Float x) {
    const auto bits = reinterpret_cast<BitLanes>(x);
    const BitLanes rounded = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000U;
    const auto is_number = (bits & 0x7fffffffU) <= 0x7f800000U;
    return is_number ? reinterpret_cast<Float>(rounded) : x;
  }
};

}  // namespace

const KernelSet& PortableSet() {
  static constexpr KernelSet kSet = MakeKernelSet<Portable>("portable");
  return kSet;
}

const KernelSet& PortableRoundedSet() {
  static constexpr KernelSet kSet = MakeKernelSet<PortableRounded>("portable");
  return kSet;
}

}  // namespace vetor
