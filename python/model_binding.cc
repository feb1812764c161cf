#include "python/model_binding.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <utility>

#include "python/call_watch.h"
#include "python/choice_property.h"
#include "python/exceptions.h"
#include "python/step_relay.h"
#include "vetor/export_model.h"
#include "vetor/pull.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

// The fields have the order of vetor.ExportedGraph and vetor.ExportReport, which are made from
// them.
nb::tuple ToTuple(const ExportReport& report) {
  nb::list graphs;
  for (const ExportedGraph& graph : report.graphs) {
    graphs.append(nb::make_tuple(graph.file, graph.precision, graph.bytes, graph.max_difference,
                                 graph.mean_cosine, graph.worst_cosine));
  }
  return nb::make_tuple(report.output, report.family, report.opset, graphs, report.seconds,
                        report.warnings, report.notes);
}

nb::tuple Export(ExportOptions options, nb::handle progress) {
  StepRelay relay(progress);
  std::optional<Result<ExportReport>> report;
  RunWatched(relay.Callable(), [&](std::stop_token stop, const ReportProgress& tell) {
    options.stop = std::move(stop);
    options.progress = [&](std::string_view step, double fraction) {
      relay.Tell(tell, step, fraction);
    };
    report.emplace(ExportModel(options));
  });
  return ToTuple(ValueOrThrow(*std::move(report)));
}

// (folder, commit, files, fetched_bytes, has_graph, unreached)
nb::tuple Pull(PullOptions options, nb::handle progress) {
  std::optional<Result<PulledModel>> pulled;
  RunWatched(progress, [&](std::stop_token stop, const ReportProgress& tell) {
    options.stop = std::move(stop);
    options.progress = tell;
    pulled.emplace(PullModel(options));
  });
  const PulledModel model = ValueOrThrow(*std::move(pulled));
  return nb::make_tuple(model.folder.string(), model.commit, model.files, model.fetched_bytes,
                        model.has_graph, model.unreached.message());
}

void BindExportOptions(nb::module_& module) {
  nb::class_<ExportOptions> bound(module, "ExportOptions");
  bound.def(nb::init<>())
      .def_rw("source", &ExportOptions::source)
      .def_rw("output", &ExportOptions::output)
      .def_rw("overwrite", &ExportOptions::overwrite)
      .def_rw("opset", &ExportOptions::opset)
      .def_rw("sentence_embedding", &ExportOptions::sentence_embedding)
      .def_rw("calibration", &ExportOptions::calibration)
      .def_rw("force", &ExportOptions::force)
      .def_rw("revision", &ExportOptions::revision)
      .def_rw("library_path", &ExportOptions::library_path);
  DefineChoice(&bound, "precisions", &ExportOptions::precisions);
  DefineChoice(&bound, "layout", &ExportOptions::layout);
  DefineChoice(&bound, "quantize_scheme", &ExportOptions::quantize_scheme);
}

}  // namespace

void BindModels(nb::module_& module) {
  BindExportOptions(module);
  module.def("export_model", &Export, nb::arg("options"), nb::arg("progress").none());
  nb::class_<PullOptions>(module, "PullOptions")
      .def(nb::init<>())
      .def_rw("id", &PullOptions::id)
      .def_rw("revision", &PullOptions::revision)
      .def_rw("weights", &PullOptions::weights)
      .def_rw("include", &PullOptions::include);
  module.def("pull_model", &Pull, nb::arg("options"), nb::arg("progress").none());
}

}  // namespace vetor::python
