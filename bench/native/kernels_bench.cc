// Each kernel of each set by itself, at the sizes of all-MiniLM-L6-v2: items are floating point
// operations for products and attention, tokens for the rest. The share of the peak stands beside.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "kernels/flush_denormals.h"
#include "kernels/sets/kernel_set.h"
#include "machine_peak.h"
#include "os/page_memory.h"

namespace vetor {
namespace {

constexpr size_t kHidden = 384;
constexpr size_t kWeightFloats = size_t{42} << 18;  // 42 MB: MiniLM's layers walk through as much.

float* Floats(size_t count) {
  static std::vector<PageMemory>& kept = *new std::vector<PageMemory>;
  auto memory = PageMemory::Allocate(count * sizeof(float));
  if (!memory.ok()) std::abort();
  kept.push_back(*std::move(memory));
  float* const floats = kept.back().floats();
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (size_t i = 0; i < count; ++i) floats[i] = uniform(random);
  return floats;
}

void ReportShare(benchmark::State& state, const KernelSet& set, double operations) {
  static const double kPeak512 = PeakFlops("avx512", 1);
  static const double kPeak2 = PeakFlops("avx2", 1);
  const double rate = set.name == std::string("avx2") ? kPeak2 : kPeak512;
  const double peak = IsFasterThanFloat32(set) ? 2 * rate : rate;
  state.SetItemsProcessed(
      static_cast<int64_t>(static_cast<double>(state.iterations()) * operations));
  if (set.name == std::string("portable") || peak == 0) return;
  state.counters["of_peak"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * operations / peak, benchmark::Counter::kIsRate);
}

void Product(benchmark::State& state, const KernelSet* set, size_t depth, size_t columns,
             Epilogue epilogue, bool added) {
  const ScopedFlushDenormals flush;
  const auto rows = static_cast<size_t>(state.range(0));
  static float* const weights = Floats(kWeightFloats);
  static float* const input = Floats(256 * 1552);
  static float* const output = Floats(256 * 1552);
  static float* const bias = Floats(1536);
  ProductCall call;
  call.rows = input;
  call.row_stride = (depth / 16 | 1) * 16;
  call.row_count = rows;
  call.depth = depth;
  call.target = output;
  call.target_stride = (columns / 16 | 1) * 16;
  call.bias = bias;
  call.epilogue = epilogue;
  call.last_panel = columns / set->panel_columns;
  call.encoded_stride = EncodedStride(*set, depth);
  static float* const encoded = Floats(256 * 1552);
  call.encoded = encoded;
  const float* const residual = input;
  if (added) {
    call.added = residual;
    call.added_stride = call.target_stride;
  }
  const size_t words = call.last_panel * PanelWords(*set, depth);
  size_t next = 0;
  for (auto _ : state) {
    call.panels = weights + next;
    next = next + 2 * words > kWeightFloats ? 0 : next + words;
    call.next_panel = weights + next;
    set->product(call);
  }
  ReportShare(state, *set, 2.0 * static_cast<double>(rows * depth * columns));
}

void Attention(benchmark::State& state, const KernelSet* set) {
  const ScopedFlushDenormals flush;
  const auto tokens = static_cast<size_t>(state.range(0));
  const size_t width = (32 + set->panel_columns - 1) / set->panel_columns * set->panel_columns;
  float* const heads = Floats(3 * (tokens + 64) * width);
  float* const context = Floats(tokens * 400);
  std::vector<float> keys(KeyPanelFloats(*set, tokens, width));
  std::vector<float> scores(ScoreFloats(*set, tokens, width));
  AttentionCall call;
  call.tokens = tokens;
  call.head_width = width;
  call.queries = heads;
  call.panels = keys.data();
  call.values = heads + 2 * tokens * width;
  call.scores = scores.data();
  call.context = context;
  call.context_stride = 400;
  for (auto _ : state) {
    set->prepare_keys({heads + tokens * width, call.values, tokens, width, keys.data()});
    set->attend(call);
  }
  ReportShare(state, *set, 4.0 * static_cast<double>(tokens * tokens * width));
}

void Norm(benchmark::State& state, const KernelSet* set) {
  float* const rows = Floats(128 * 400);
  float* const weight = Floats(kHidden);
  for (auto _ : state) {
    set->normalize({rows, 400, rows, 400, 128, kHidden, weight, weight, 1e-12F, true, false});
  }
  state.SetItemsProcessed(state.iterations() * 128);
}

void Activation(benchmark::State& state, const KernelSet* set, Epilogue epilogue) {
  float* const values = Floats(1536);
  std::vector<float> copy(values, values + 1536);
  for (auto _ : state) {
    copy.assign(values, values + 1536);
    set->activate(epilogue, copy.data(), copy.size());
  }
  state.SetItemsProcessed(state.iterations());
}

void Register() {
  std::vector<const KernelSet*> sets(SupportedKernelSets().begin(), SupportedKernelSets().end());
  const KernelSet* const fastest = SupportedKernelSets(Operands::kBFloat16).front();
  if (IsFasterThanFloat32(*fastest)) sets.push_back(fastest);
  for (const KernelSet* set : sets) {
    const std::string name = set->name;
    const auto product = [&](const char* what, size_t depth, size_t columns, Epilogue e,
                             bool added) {
      benchmark::RegisterBenchmark(
          (name + "/" + what).c_str(),
          [=](benchmark::State& s) { Product(s, set, depth, columns, e, added); })
          ->Arg(12)
          ->Arg(64)
          ->Arg(126)
          ->Arg(128)
          ->Arg(256);
    };
    product("qkv", kHidden, 1152, Epilogue::kNone, false);
    product("up_gelu", kHidden, 1536, Epilogue::kGelu, false);
    product("down", 512, kHidden, Epilogue::kNone, true);
    benchmark::RegisterBenchmark((name + "/attention").c_str(),
                                 [=](benchmark::State& s) { Attention(s, set); })
        ->Arg(12)
        ->Arg(64)
        ->Arg(256);
    benchmark::RegisterBenchmark((name + "/layer_norm").c_str(),
                                 [=](benchmark::State& s) { Norm(s, set); });
    benchmark::RegisterBenchmark((name + "/gelu").c_str(),
                                 [=](benchmark::State& s) { Activation(s, set, Epilogue::kGelu); });
    benchmark::RegisterBenchmark((name + "/silu").c_str(),
                                 [=](benchmark::State& s) { Activation(s, set, Epilogue::kSilu); });
  }
}

const bool kRegistered = (Register(), true);

}  // namespace
}  // namespace vetor
