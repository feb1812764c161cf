#include "python/service_binding.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "os/fork_guard.h"
#include "python/call_options.h"
#include "python/call_watch.h"
#include "python/config_binding.h"
#include "python/exceptions.h"
#include "python/files_binding.h"
#include "python/log_binding.h"
#include "python/text_list.h"
#include "vetor/embeddings_service.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

// Calls with at most this many bytes of text run on the calling thread, without a watch for Ctrl-C:
// they take about one model run at most (512 tokens of four bytes), and a run that has begun is not
// interrupted anyway. Starting a thread would be most of the time of a call with four cached texts.
constexpr size_t kWatchedBytes = 2048;

// All methods are called with the GIL, which guards `service_`. Each call holds a reference of its
// own, so that close() in another thread affects later calls only.
class Service {
 public:
  explicit Service(nb::dict settings) {
    const EmbeddingsConfig config = ConfigFromKeywords(std::move(settings));
    std::optional<Result<std::unique_ptr<EmbeddingsService>>> opened;
    {
      const nb::gil_scoped_release released;
      opened.emplace(EmbeddingsService::Open(config));
    }
    DeliverLogLines();
    service_ = ValueOrThrow(*std::move(opened));
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  }

  ~Service() { Close(); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void Close() {
    std::shared_ptr<EmbeddingsService> closing = std::move(service_);
    service_.reset();
    Release(std::move(closing));
  }

  Embeddings Embed(nb::handle texts) {
    const TextList list(texts);
    return EmbedList(list, {}, nb::none());
  }

  Embeddings EmbedWith(nb::handle texts, const CallOptions& options) {
    const EmbedOptions embed = options.ForCall();
    const TextList list(texts);
    return EmbedList(list, embed, options.progress);
  }

  nb::dict EmbedInFiles(const nb::dict& keywords, nb::handle progress) {
    EmbedFilesOptions options = FileOptionsFrom(keywords);
    std::shared_ptr<EmbeddingsService> service = Get();
    std::optional<Result<EmbedFilesReport>> result;
    RunWatched(progress, [&](std::stop_token stop, const ReportProgress& report) {
      options.stop = std::move(stop);
      options.progress = [&report](const EmbedFilesProgress& now) {
        const double total = now.fraction > 0 ? static_cast<double>(now.texts) / now.fraction : 0;
        report(now.texts, std::max<size_t>(now.texts, static_cast<size_t>(total)));
      };
      result.emplace(EmbedFiles(service.get(), options));
    });
    if (service.use_count() == 1) Release(std::move(service));  // It was closed meanwhile.
    return ReportDict(ValueOrThrow(*std::move(result)));
  }

  std::shared_ptr<EmbeddingsService> Get() const {
    if (!service_) {
      ThrowStatus(FailedPreconditionError("the service is closed; open another EmbeddingsService"));
    }
    return service_;
  }

  bool closed() const { return !service_; }

 private:
  Embeddings EmbedList(const TextList& list, EmbedOptions options, nb::handle progress) {
    std::shared_ptr<EmbeddingsService> service = Get();
    if (!options.replace_invalid_utf8) {
      ThrowIfError(list.CheckNoSurrogate(
          "correct the text, or pass replace_invalid_utf8=True to have U+FFFD in its place"));
    }
    std::optional<Result<Embeddings>> result;
    if (progress.is_none() && list.bytes() <= kWatchedBytes) {
      const nb::gil_scoped_release released;
      result.emplace(service->Embed(list.views(), options));
    } else {
      RunWatched(progress, [&](std::stop_token stop, const ReportProgress& report) {
        options.stop = std::move(stop);
        options.progress = report;
        result.emplace(service->Embed(list.views(), options));
      });
    }
    if (service.use_count() == 1) Release(std::move(service));  // It was closed meanwhile.
    DeliverLogLines();
    return ValueOrThrow(*std::move(result));
  }

  // Destroying a service waits for its worker threads. In the child of a fork there are none, so
  // that it would wait for ever; there the memory is kept until the process ends.
  void Release(std::shared_ptr<EmbeddingsService> service) const {
    if (!service) return;
    if (fork_guard_.InChild()) {
      new std::shared_ptr<EmbeddingsService>(std::move(service));
      return;
    }
    {
      const nb::gil_scoped_release released;
      service.reset();
    }
    DeliverLogLines();
  }

  const ForkGuard fork_guard_;
  std::shared_ptr<EmbeddingsService> service_;
};

using Matrix = nb::ndarray<nb::numpy, float, nb::ndim<2>, nb::c_contig>;

// Returns a view. The Embeddings object lives as long as any array of it.
nb::object Values(nb::handle self) {
  auto& embeddings = nb::cast<Embeddings&>(self);
  return nb::cast(Matrix(embeddings.values.data(), {embeddings.rows, embeddings.dim}, self));
}

nb::object RowViews(nb::handle self) {
  const nb::object values = Values(self);
  const auto rows = static_cast<Py_ssize_t>(nb::cast<Embeddings&>(self).rows);
  nb::object list = nb::steal(PyList_New(rows));
  if (!list.is_valid()) throw nb::python_error();
  for (Py_ssize_t i = 0; i < rows; ++i) {
    PyObject* row = PySequence_GetItem(values.ptr(), i);
    if (row == nullptr) throw nb::python_error();
    PyList_SET_ITEM(list.ptr(), i, row);
  }
  return list;
}

template <typename T, typename Get>
nb::object ColumnOf(const Embeddings& embeddings, Get get) {
  auto* column = new T[embeddings.rows];
  for (size_t i = 0; i < embeddings.rows; ++i) column[i] = get(embeddings.texts[i]);
  const nb::capsule owner(column, [](void* data) noexcept { delete[] static_cast<T*>(data); });
  return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(column, {embeddings.rows}, owner));
}

size_t CachedRows(const Embeddings& embeddings) {
  size_t cached = 0;
  for (const TextInfo& info : embeddings.texts) cached += info.cached ? 1 : 0;
  return cached;
}

// [2, dim]: the least values, then the greatest; None if the model has no ranges.
nb::object RangesOf(const Service& service) {
  const std::shared_ptr<EmbeddingsService> open = service.Get();
  const ComponentRanges& ranges = open->component_ranges();
  const size_t dim = ranges.least.size();
  if (dim == 0) return nb::none();
  auto* values = new float[2 * dim];
  std::copy(ranges.least.begin(), ranges.least.end(), values);
  std::copy(ranges.greatest.begin(), ranges.greatest.end(), values + dim);
  const nb::capsule owner(values, [](void* data) noexcept { delete[] static_cast<float*>(data); });
  return nb::cast(Matrix(values, {2, dim}, owner));
}

nb::list TierList(const std::vector<CacheTierMetrics>& tiers) {
  nb::list list;
  for (const CacheTierMetrics& tier : tiers) {
    nb::dict fields;
    ForEachTierMetric(tier,
                      [&fields](const char* name, const auto& value) { fields[name] = value; });
    list.append(fields);
  }
  return list;
}

nb::dict ToDict(const Service& service) {
  const Metrics metrics = service.Get()->metrics();
  nb::dict out;
  ForEachMetric(metrics, [&out](const char* name, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::vector<CacheTierMetrics>>) {
      out[name] = TierList(value);
    } else {
      out[name] = value;
    }
  });
  return out;
}

void BindEmbeddings(nb::module_& module) {
  nb::class_<Embeddings>(module, "Embeddings")
      .def("__len__", [](const Embeddings& e) { return e.rows; })
      .def_ro("dim", &Embeddings::dim)
      .def_ro("model_id", &Embeddings::model_id)
      .def_prop_ro("vectors", &Values)
      .def("rows", &RowViews)
      .def_prop_ro("cached_rows", &CachedRows)
      .def_prop_ro("tokens",
                   [](const Embeddings& e) {
                     return ColumnOf<uint32_t>(e, [](const TextInfo& info) { return info.tokens; });
                   })
      .def_prop_ro("truncated",
                   [](const Embeddings& e) {
                     return ColumnOf<bool>(e, [](const TextInfo& info) { return info.truncated; });
                   })
      .def_prop_ro("cached", [](const Embeddings& e) {
        return ColumnOf<bool>(e, [](const TextInfo& info) { return info.cached; });
      });
}

}  // namespace

void BindService(nb::module_& module) {
  BindEmbeddings(module);
  BindCallOptions(module);
  nb::class_<Service>(module, "Service", nb::is_weak_referenceable())
      .def(nb::init<nb::dict>(), nb::arg("settings"))
      .def("embed", &Service::Embed, nb::arg("texts").none())
      .def("embed_with", &Service::EmbedWith, nb::arg("texts").none(), nb::arg("options"))
      .def("embed_files", &Service::EmbedInFiles, nb::arg("options"), nb::arg("progress").none())
      .def("close", &Service::Close)
      .def("metrics", &ToDict)
      .def_prop_ro("closed", &Service::closed)
      .def_prop_ro("dim", [](const Service& s) { return s.Get()->dim(); })
      .def_prop_ro("normalized", [](const Service& s) { return s.Get()->normalized(); })
      .def_prop_ro("normalized_by_model",
                   [](const Service& s) { return s.Get()->normalized_by_model(); })
      .def_prop_ro("max_length", [](const Service& s) { return s.Get()->max_length(); })
      .def_prop_ro("model_id", [](const Service& s) { return s.Get()->model_id(); })
      .def_prop_ro("prompts", [](const Service& s) { return s.Get()->prompts(); })
      .def_prop_ro("active_backend", [](const Service& s) { return s.Get()->active_backend(); })
      .def_prop_ro("active_provider", [](const Service& s) { return s.Get()->active_provider(); })
      .def_prop_ro("active_runtime", [](const Service& s) { return s.Get()->active_runtime(); })
      .def_prop_ro("runtime_reason", [](const Service& s) { return s.Get()->runtime_reason(); })
      .def_prop_ro("active_precision", [](const Service& s) { return s.Get()->active_precision(); })
      .def_prop_ro("fallback_reason", [](const Service& s) { return s.Get()->fallback_reason(); })
      .def_prop_ro("fingerprint", [](const Service& s) { return s.Get()->fingerprint(); })
      .def_prop_ro("ranges", &RangesOf);
}

}  // namespace vetor::python
