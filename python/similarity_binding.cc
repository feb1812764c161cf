#include "python/similarity_binding.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/cpu.h"
#include "python/call_watch.h"
#include "python/exceptions.h"
#include "vetor/similarity.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

// vetor/_similarity.py makes these arrays from its caller's data, and checks their shapes.
using Field = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Blocks = nb::ndarray<const uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

struct Rows {
  std::vector<Field> fields;
  std::optional<Blocks> block;

  VectorRows View() const {
    VectorRows rows;
    for (const Field& field : fields) {
      rows.fields.push_back({{field.data(), field.size()}, field.shape(1)});
    }
    rows.rows = fields.empty() ? 0 : fields.front().shape(0);
    if (block) rows.block = {block->data(), block->size()};
    return rows;
  }
};

template <typename T>
nb::object ToArray(std::vector<T> values, std::initializer_list<size_t> shape) {
  auto* held = new std::vector<T>(std::move(values));
  const nb::capsule owner(held,
                          [](void* data) noexcept { delete static_cast<std::vector<T>*>(data); });
  return nb::cast(nb::ndarray<nb::numpy, T>(held->data(), shape, owner));
}

// The bound of the setting `threads`; more threads would only wait for a core.
constexpr int kMostThreads = 1024;
int Threads(int threads) {
  return std::min(threads > 0 ? threads : ReadCpuBudget().workers, kMostThreads);
}

// Returns (rows [queries, top] int64 with -1 for a missing hit, scores [queries, top] float32 with
// NaN).
nb::tuple Search(const Rows& corpus, const Rows& queries, size_t top, int threads) {
  const size_t count = queries.View().rows;
  constexpr size_t kMostBytes = std::numeric_limits<ptrdiff_t>::max();
  if (count > 0 && top > kMostBytes / count / sizeof(int64_t)) {
    ThrowStatus(InvalidArgumentError("top is " + std::to_string(top) + " for " +
                                     std::to_string(count) +
                                     " queries, more places than memory has; expected at most the "
                                     "number of rows"));
  }
  std::vector<int64_t> rows(count * top, -1);
  std::vector<float> scores(rows.size(), std::numeric_limits<float>::quiet_NaN());
  Status found;
  RunWatched(nb::none(), [&](const std::stop_token& stop, const ReportProgress&) {
    const auto hits = SearchTop(corpus.View(), queries.View(), top, Threads(threads), stop);
    found = hits.status();
    if (!hits.ok()) return;
    for (size_t query = 0; query < hits->size(); ++query) {
      for (size_t i = 0; i < (*hits)[query].size(); ++i) {
        rows[query * top + i] = (*hits)[query][i].row;
        scores[query * top + i] = (*hits)[query][i].score;
      }
    }
  });
  ThrowIfError(found);
  return nb::make_tuple(ToArray(std::move(rows), {count, top}),
                        ToArray(std::move(scores), {count, top}));
}

struct PairOptions {
  float threshold = 0.85F;
  size_t max_pairs = 0;
  int threads = 0;
};

// Returns (pairs [n, 2] int64, scores [n] float32, groups: list of lists of rows).
nb::tuple FindPairs(const Rows& rows, const PairOptions& options) {
  std::optional<Result<std::vector<SimilarPair>>> result;
  std::vector<std::vector<uint32_t>> groups;
  const VectorRows view = rows.View();
  RunWatched(nb::none(), [&](const std::stop_token& stop, const ReportProgress&) {
    result.emplace(
        PairsAbove(view, options.threshold, Threads(options.threads), options.max_pairs, stop));
    if (!result->ok()) return;
    Result<std::vector<std::vector<uint32_t>>> grouped = GroupPairs(**result, view.rows);
    if (grouped.ok()) {
      groups = *std::move(grouped);
    } else {
      result.emplace(grouped.status());
    }
  });
  const std::vector<SimilarPair> pairs = ValueOrThrow(*std::move(result));
  std::vector<int64_t> ends;
  std::vector<float> scores;
  ends.reserve(pairs.size() * 2);
  scores.reserve(pairs.size());
  for (const SimilarPair& pair : pairs) {
    ends.insert(ends.end(), {int64_t{pair.a}, int64_t{pair.b}});
    scores.push_back(pair.score);
  }
  return nb::make_tuple(ToArray(std::move(ends), {pairs.size(), 2}),
                        ToArray(std::move(scores), {pairs.size()}), groups);
}

}  // namespace

void BindSimilarity(nb::module_& module) {
  nb::class_<Rows>(module, "Rows")
      .def(
          "__init__",
          [](Rows* self, std::vector<Field> fields, std::optional<Blocks> block) {
            new (self) Rows{std::move(fields), std::move(block)};
          },
          nb::arg("fields"), nb::arg("block").none());
  module.def("search", &Search, nb::arg("corpus"), nb::arg("queries"), nb::arg("top"),
             nb::arg("threads"));
  module.def(
      "find_pairs",
      [](const Rows& rows, float threshold, size_t max_pairs, int threads) {
        return FindPairs(rows, {threshold, max_pairs, threads});
      },
      nb::arg("rows"), nb::arg("threshold"), nb::arg("max_pairs"), nb::arg("threads"));
}

}  // namespace vetor::python
