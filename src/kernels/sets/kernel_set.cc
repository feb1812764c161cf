#include "kernels/sets/kernel_set.h"

#include <algorithm>
#include <vector>

#include "kernels/sets/compiled_sets.h"
#include "os/environment.h"

namespace vetor {
namespace {

// What a name stands for, fastest first. A set that lacks takes the next one's place.
struct NamedSets {
  const char* name;
  const KernelSet* float32;  ///< Or null.
  const KernelSet* bfloat16;
  bool supported;

  const KernelSet* For(Operands operands) const {
    return operands == Operands::kFloat32 ? float32 : bfloat16;
  }
};

std::vector<NamedSets> FindSupported() {
  std::vector<NamedSets> all;
#if defined(__x86_64__)
  const bool avx512 = __builtin_cpu_supports("avx512f") != 0;
  const bool bf16 = avx512 && __builtin_cpu_supports("avx512bf16") != 0;
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  all.push_back({"avx512_bf16", nullptr, &Avx512Bf16Set(), bf16});
  all.push_back({"avx512", &Avx512Set(), &Avx512RoundedSet(), avx512});
  all.push_back({"avx2", &Avx2Set(), &Avx2RoundedSet(), avx2});
#endif
  all.push_back({"portable", &PortableSet(), &PortableRoundedSet(), true});
  std::erase_if(all, [](const NamedSets& sets) { return !sets.supported; });
  return all;
}

const std::vector<NamedSets>& Supported() {
  static const std::vector<NamedSets> kSupported = FindSupported();
  return kSupported;
}

std::vector<const KernelSet*> SetsFor(Operands operands) {
  std::vector<const KernelSet*> sets;
  for (const NamedSets& named : Supported()) {
    if (named.For(operands) != nullptr) sets.push_back(named.For(operands));
  }
  return sets;
}

size_t RoundUp(size_t count, size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

}  // namespace

size_t PanelWords(const KernelSet& set, size_t depth) {
  return RoundUp(depth, set.word_depths) / set.word_depths * set.panel_columns;
}

size_t EncodedStride(const KernelSet& set, size_t depth) {
  if (set.operands == Operands::kFloat32) return 0;
  constexpr size_t kLineWords = 16;
  return (RoundUp(depth, kLineWords * set.word_depths) / set.word_depths / kLineWords | 1) *
         kLineWords;
}

size_t ScoreFloats(const KernelSet& set, size_t tokens, size_t head_width) {
  const size_t scores = RoundUp(tokens, set.panel_columns) + 2 * set.panel_columns;
  const size_t queries = set.operands == Operands::kFloat32 ? 0 : head_width / set.word_depths;
  return set.tile_rows * (scores + queries);
}

size_t KeyPanelFloats(const KernelSet& set, size_t tokens, size_t head_width) {
  const size_t keys = RoundUp(tokens, set.panel_columns) * (head_width / set.word_depths);
  if (set.operands == Operands::kFloat32) return keys;
  return keys + RoundUp(tokens, set.word_depths) / set.word_depths * head_width;
}

std::span<const KernelSet* const> SupportedKernelSets(Operands operands) {
  static const std::vector<const KernelSet*> kFloat32 = SetsFor(Operands::kFloat32);
  static const std::vector<const KernelSet*> kBFloat16 = SetsFor(Operands::kBFloat16);
  return operands == Operands::kFloat32 ? kFloat32 : kBFloat16;
}

bool IsPortable(const KernelSet& set) {
  return &set == &PortableSet() || &set == &PortableRoundedSet();
}

bool IsFasterThanFloat32(const KernelSet& set) { return set.word_depths > 1; }

Result<const KernelSet*> FindKernelSet(std::string_view name, Operands operands) {
  if (name.empty()) return SupportedKernelSets(operands).front();
  std::string known;
  bool found = false;
  for (const NamedSets& sets : Supported()) {
    found = found || name == sets.name;
    if (found && sets.For(operands) != nullptr) return sets.For(operands);
    known += (known.empty() ? "" : ", ") + std::string(sets.name);
  }
  return InvalidArgumentError("VETOR_CPU is \"" + std::string(name) +
                              "\", expected an instruction set of this processor: " + known +
                              "; unset it for the fastest");
}

Result<const KernelSet*> ChooseKernelSet(Operands operands) {
  return FindKernelSet(GetEnvironment("VETOR_CPU").value_or(""), operands);
}

void FillPanel(const KernelSet& set, const PanelSource& source, float* floats) {
  const size_t width = set.panel_columns;
  for (size_t k = 0; k < source.depth; ++k) {
    float* row = floats + k * width;
    for (size_t c = 0; c < source.column_count; ++c) {
      row[c] = source.rows[c * source.stride + k] * source.scale;
    }
    std::fill(row + source.column_count, row + width, 0.0F);
  }
}

void PackPanel(const KernelSet& set, const PanelSource& source, float* panel) {
  MakePanel(set, source.depth, panel, [&](float* floats) { FillPanel(set, source, floats); });
}

}  // namespace vetor
