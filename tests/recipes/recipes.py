"""The recipes that the test follows: what a developer writes into which file, and what must hold afterwards.

Each edit is small and real. Its text fits the file as it is today; if it does not fit any more, the test says so.
"""

from dataclasses import dataclass

from scratch_copy import Failed


@dataclass(frozen=True)
class Edit:
    path: str
    changes: tuple = ()  # (old, new): the file has each old text exactly once.
    content: str = None  # The content of a new file.
    said_as: str = ""  # The row's words for a file that it cannot name by path.
    goes_with: str = ""  # The file that this one belongs to, of which the row's folder speaks.


@dataclass(frozen=True)
class Recipe:
    title: str  # How the row begins.
    name: str  # For NAME in the row.
    edits: tuple
    prove: object  # A function of a ScratchCopy, which raises Failed.


# ---- A setting: the most tokens of a batch -------------------------------------------------------------------------

SETTING = (
    Edit("include/vetor/embeddings_config.h", ((
        "  int batch_size = 32;\n",
        "  int batch_size = 32;\n\n  /// Most tokens in one batch. 0: as many as are fast.\n  int batch_tokens = 0;\n"),)),
    Edit("src/config/settings_table.cc", ((
        '    {"ai.threads", At<E, &E::threads>(),\n',
        '    {"ai.batch_tokens", At<E, &E::batch_tokens>(), "Most tokens in one batch; 0 is as many as are fast.", 0,\n'
        '     kMaxBatchSize},\n'
        '    {"ai.threads", At<E, &E::threads>(),\n'),)),
    Edit("src/service/batch_runner.cc", ((
        "  options.limits.max_tokens = traits.max_tokens;\n",
        "  options.limits.max_tokens = traits.max_tokens;\n"
        "  if (config.batch_tokens > 0) {\n"
        "    options.limits.max_tokens =\n"
        "        std::min(traits.max_tokens, static_cast<size_t>(config.batch_tokens));\n"
        "  }\n"),), said_as="its consumer"),
)


def prove_setting(copy):
    copy.compile("src/service/batch_runner.cc")
    copy.write_settings()
    for path, text in (("docs/settings.md", "ai.batch_tokens"), ("docs/settings.md", "VETOR_AI_BATCH_TOKENS"),
                       ("docs/settings.md", "--batch-tokens"), ("python/vetor/_config.py", "batch_tokens"),
                       ("python/vetor/_native.pyi", "batch_tokens")):
        if text not in copy.text(path):
            raise Failed(f"`make settings` writes no {text} into {path}")
    copy.check_used("batch_tokens", "config")


def check_choice(copy, name):
    """`make settings` lists a value of a setting by itself."""
    copy.write_settings()
    if name not in copy.text("docs/settings.md"):
        raise Failed(f"`make settings` does not list {name} in docs/settings.md")


# ---- A pooling mode: the least of each component --------------------------------------------------------------------

POOLING = (
    Edit("include/vetor/choices.h", (
        ("kWeightedMean, kLastToken };", "kWeightedMean, kLastToken, kMin };"),
        ('{PoolingMode::kLastToken, "lasttoken"}};', '{PoolingMode::kLastToken, "lasttoken"},\n      {PoolingMode::kMin, "min"}};'))),
    Edit("src/head/pooling_spec.h", ((
        '                     "pooling_mode_lasttoken", "last"},\n',
        '                     "pooling_mode_lasttoken", "last"},\n'
        '    PoolingModeNames{PoolingMode::kMin, ToString(PoolingMode::kMin), "pooling_mode_min_tokens",\n'
        '                     "min_tokens"},\n'),)),
    Edit("src/head/pooler.cc", (
        ("void Copy(const float* token,", """void Min(const RowView& row, double* out) {
  const float* first = row.token(row.skip);
  for (size_t i = 0; i < row.width; ++i) out[i] = static_cast<double>(first[i]);
  for (size_t t = row.skip + 1; t < row.count; ++t) {
    for (size_t i = 0; i < row.width; ++i) {
      const auto value = static_cast<double>(row.token(t)[i]);
      out[i] = value >= out[i] ? out[i] : (out[i] != out[i] ? out[i] : value);
    }
  }
}

void Copy(const float* token,"""),
        ("    case PoolingMode::kMean:\n", "    case PoolingMode::kMin:\n      return Min(row, out);\n    case PoolingMode::kMean:\n"))),
    Edit("src/exporter/graph/pooling_graph.cc", ((
        "    case PoolingMode::kMean:\n",
        """    case PoolingMode::kMin: {
      const Value present = graph->Unsqueeze(mask.PresentBool(), {2});
      const Value highest = graph->Scalar(std::numeric_limits<float>::max());
      const Value counted = graph->Op("Where", {present, vectors.tokens, highest});
      return graph->Reduce("ReduceMin", counted, 1, false);
    }
    case PoolingMode::kMean:
"""),)),
)


def prove_pooling(copy):
    for path in ("src/head/pooling_spec.cc", "src/head/pooler.cc", "src/exporter/graph/pooling_graph.cc"):
        copy.compile(path)
    check_choice(copy, '"min"')


# ---- A cache tier: one that keeps nothing ---------------------------------------------------------------------------

TIER_HEADER = """// Keeps nothing: the smallest tier there can be.
#pragma once

#include <memory>
#include <string>

#include "cache/cache_tier.h"
#include "cache/vector_cache.h"

namespace vetor {

class EmptyTier final : public CacheTier {
 public:
  static std::unique_ptr<CacheTier> Open(const VectorCacheOptions& options,
                                         const CacheEnvironment& environment, CacheTier* below,
                                         std::string* why);

  std::string_view name() const override { return "empty"; }
  void Find(std::span<const CacheKey>, RecordList*) override {}
  void Insert(std::span<const CacheKey>, std::span<const Record>) override {}
  void Touch(std::span<const CacheKey>) override {}
  uint32_t epoch() const override { return 0; }
  void Flush() override {}
  CacheTierMetrics counters() const override { return {.name = "empty"}; }
  std::string state() const override { return "empty"; }
};

}  // namespace vetor
"""
TIER_SOURCE = """#include "cache/empty/empty_tier.h"

namespace vetor {

std::unique_ptr<CacheTier> EmptyTier::Open(const VectorCacheOptions& /*options*/,
                                           const CacheEnvironment& /*environment*/,
                                           CacheTier* /*below*/, std::string* /*why*/) {
  return std::make_unique<EmptyTier>();
}

}  // namespace vetor
"""
CACHE_TIER = (
    Edit("src/cache/empty/empty_tier.h", content=TIER_HEADER),
    Edit("src/cache/empty/empty_tier.cc", content=TIER_SOURCE, goes_with="src/cache/empty/empty_tier.h"),
    Edit("src/cache/empty/CMakeLists.txt", content="target_sources(vetor_cache PRIVATE empty_tier.cc)\n",
         goes_with="src/cache/empty/empty_tier.h"),
    Edit("src/cache/vector_cache.cc", (
        ('#include "cache/disk_tier.h"\n', '#include "cache/disk_tier.h"\n#include "cache/empty/empty_tier.h"\n'),
        ("{&MemoryTier::Open, &DiskTier::Open}", "{&MemoryTier::Open, &DiskTier::Open, &EmptyTier::Open}"))),
)


def prove_cache_tier(copy):
    copy.compile("src/cache/vector_cache.cc")
    copy.compile("src/cache/empty/empty_tier.cc")
    copy.check_used("&EmptyTier::Open", "cache/empty")


# ---- An engine: the length of a text --------------------------------------------------------------------------------

ENGINE_HEADER = """// Vectors without a model: how many bytes a text has.
#pragma once

#include <cstddef>
#include <memory>

#include "backend/backend.h"

namespace vetor {

/// `dim` components, all but the first 0. With `normalize` the first is 1, or 0 for an empty text.
std::unique_ptr<Backend> MakeLengthBackend(size_t dim, bool normalize);

}  // namespace vetor
"""
ENGINE_SOURCE = """#include "backend/length/length_backend.h"

#include <algorithm>
#include <vector>

namespace vetor {
namespace {

class LengthBackend : public Backend {
 public:
  LengthBackend(size_t dim, bool normalize) : normalize_(normalize) {
    traits_.backend = "length";
    traits_.precision = "fp32";
    traits_.input = BackendInput::kTexts;
    traits_.output_axis = OutputAxis::kTexts;
    traits_.width = dim;
    traits_.equal_lengths = false;
  }

  const BackendTraits& traits() const override { return traits_; }

  Result<BackendOutput> Run(const TokenBatch& batch) override {
    const size_t dim = traits_.width;
    auto values = std::make_shared<std::vector<float>>(batch.texts.size() * dim);
    for (size_t row = 0; row < batch.texts.size(); ++row) {
      const size_t bytes = batch.texts[row].size();
      (*values)[row * dim] = static_cast<float>(normalize_ ? std::min<size_t>(bytes, 1) : bytes);
    }
    return BackendOutput{*values, dim, OutputAxis::kTexts, values};
  }

 private:
  const bool normalize_;
  BackendTraits traits_;
};

}  // namespace

std::unique_ptr<Backend> MakeLengthBackend(size_t dim, bool normalize) {
  return std::make_unique<LengthBackend>(dim, normalize);
}

}  // namespace vetor
"""
ENGINE = (
    Edit("include/vetor/choices.h", (
        ("  kOnnx,     ///< A model.\n", "  kOnnx,     ///< A model.\n  kLength,   ///< The length of a text; needs no model.\n"),
        ('{BackendKind::kOnnx, "onnx"}};', '{BackendKind::kOnnx, "onnx"},\n'
         '                                                 {BackendKind::kLength, "length"}};'))),
    Edit("src/engine/engine_table.cc", (
        ('#include "backend/hashing/hashing_backend.h"\n',
         '#include "backend/hashing/hashing_backend.h"\n#include "backend/length/length_backend.h"\n'),
        ("{BackendKind::kOnnx, nullptr}};", "{BackendKind::kOnnx, nullptr},\n"
         "                                  {BackendKind::kLength, &MakeLengthBackend}};"))),
    Edit("src/backend/length/length_backend.h", content=ENGINE_HEADER),
    Edit("src/backend/length/length_backend.cc", content=ENGINE_SOURCE, goes_with="src/backend/length/length_backend.h"),
    Edit("src/backend/length/CMakeLists.txt", content="target_sources(vetor_backend PRIVATE length_backend.cc)\n",
         goes_with="src/backend/length/length_backend.h"),
)


def prove_engine(copy):
    copy.compile("src/engine/engine_table.cc")
    copy.compile("src/backend/length/length_backend.cc")
    check_choice(copy, '"length"')


RECIPES = (
    Recipe("setting", "", SETTING, prove_setting),
    Recipe("pooling mode", "", POOLING, prove_pooling),
    Recipe("cache tier", "empty", CACHE_TIER, prove_cache_tier),
    Recipe("engine", "length", ENGINE, prove_engine),
)
