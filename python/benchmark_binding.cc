#include "python/benchmark_binding.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "python/call_watch.h"
#include "python/choice_property.h"
#include "python/config_binding.h"
#include "python/exceptions.h"
#include "python/step_relay.h"
#include "vetor/benchmark.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

using Pairs = std::vector<std::tuple<std::string, std::string, double>>;

BenchmarkReport Run(BenchmarkOptions options, nb::dict settings, nb::handle progress) {
  options.config = ConfigFromKeywords(std::move(settings));
  StepRelay relay(progress);
  std::optional<Result<BenchmarkReport>> report;
  RunWatched(relay.Callable(), [&](std::stop_token stop, const ReportProgress& tell) {
    options.stop = std::move(stop);
    options.progress = [&](const BenchmarkProgress& step) {
      const double whole = step.total == 0 ? 1 : static_cast<double>(step.total);
      relay.Tell(tell, step.what, static_cast<double>(step.done) / whole);
    };
    report.emplace(RunBenchmark(options));
  });
  return ValueOrThrow(*std::move(report));
}

void SetPairs(BenchmarkOptions* options, const Pairs& pairs) {
  options->pairs.clear();
  for (const auto& [first, second, score] : pairs) {
    options->pairs.push_back({first, second, score});
  }
}

}  // namespace

void BindBenchmark(nb::module_& module) {
  nb::class_<BenchmarkOptions> bound(module, "BenchmarkOptions");
  DefineChoice(&bound, "engines", &BenchmarkOptions::engines);
  DefineChoice(&bound, "precisions", &BenchmarkOptions::precisions);
  DefineChoice(&bound, "runtimes", &BenchmarkOptions::runtimes);
  DefineChoice(&bound, "cache_states", &BenchmarkOptions::cache_states);
  DefineChoice(&bound, "reference", &BenchmarkOptions::reference);
  bound.def(nb::init<>())
      .def_rw("providers", &BenchmarkOptions::providers)
      .def_rw("workloads", &BenchmarkOptions::workloads)
      .def_rw("texts", &BenchmarkOptions::texts)
      .def_rw("repeat", &BenchmarkOptions::repeat)
      .def_rw("scale", &BenchmarkOptions::scale)
      .def_rw("sweeps", &BenchmarkOptions::sweeps)
      .def_rw("scratch", &BenchmarkOptions::scratch)
      .def(
          "set_pairs",
          [](BenchmarkOptions& options, const Pairs& pairs) { SetPairs(&options, pairs); },
          nb::arg("pairs"));
  nb::class_<BenchmarkReport>(module, "BenchmarkReport")
      .def("json", &BenchmarkJson)
      .def("table", &BenchmarkTable)
      .def("html", &BenchmarkHtml);
  module.def("run_benchmark", &Run, nb::arg("options"), nb::arg("settings"),
             nb::arg("progress").none());
}

}  // namespace vetor::python
