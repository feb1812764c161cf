#include "kernels/sets/kernel_set.h"

#include <algorithm>
#include <vector>

#include "kernels/sets/compiled_sets.h"
#include "os/environment.h"

namespace vetor {
namespace {

std::vector<const KernelSet*> FindSupported() {
  std::vector<const KernelSet*> sets;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) sets.push_back(&Avx512Set());
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&Avx2Set());
#endif
  sets.push_back(&PortableSet());
  return sets;
}

size_t RoundUp(size_t count, size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

}  // namespace

size_t ScoreFloats(const KernelSet& set, size_t tokens) {
  return set.tile_rows * (RoundUp(tokens, set.panel_columns) + 2 * set.panel_columns);
}

size_t KeyPanelFloats(const KernelSet& set, size_t tokens, size_t head_width) {
  return RoundUp(tokens, set.panel_columns) * head_width;
}

std::span<const KernelSet* const> SupportedKernelSets() {
  static const std::vector<const KernelSet*> kSets = FindSupported();
  return kSets;
}

bool IsPortable(const KernelSet& set) { return &set == &PortableSet(); }

Result<const KernelSet*> FindKernelSet(std::string_view name) {
  const auto sets = SupportedKernelSets();
  if (name.empty()) return sets.front();
  std::string known;
  for (const KernelSet* set : sets) {
    if (name == set->name) return set;
    known += (known.empty() ? "" : ", ") + std::string(set->name);
  }
  return InvalidArgumentError("VETOR_CPU is \"" + std::string(name) +
                              "\", expected an instruction set of this processor: " + known +
                              "; unset it for the fastest");
}

Result<const KernelSet*> ChooseKernelSet() {
  return FindKernelSet(GetEnvironment("VETOR_CPU").value_or(""));
}

void PackPanel(const KernelSet& set, const PanelSource& source, float* panel) {
  const size_t width = set.panel_columns;
  for (size_t k = 0; k < source.depth; ++k) {
    float* row = panel + k * width;
    for (size_t c = 0; c < source.column_count; ++c) {
      row[c] = source.rows[c * source.stride + k] * source.scale;
    }
    std::fill(row + source.column_count, row + width, 0.0F);
  }
}

}  // namespace vetor
