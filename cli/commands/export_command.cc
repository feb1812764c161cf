// vetor export: turns a Hugging Face checkpoint into a folder of ONNX files.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/flags/run_flags.h"
#include "cli/output/run_report.h"
#include "cli/output/step_progress.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/standard_error.h"
#include "vetor/export_model.h"

namespace vetor::cli {
namespace {

constexpr const char* kExportDescription =
    "Turn a Hugging Face checkpoint into a folder of ONNX files that vetor, sentence-transformers, "
    "text-embeddings-inference, fastembed, Optimum and transformers.js read. Needs no Python.";

constexpr const char* kExportExamples = R"(Examples:
  vetor export models/my-checkpoint --output models/my-onnx --quantize
  vetor export intfloat/multilingual-e5-small --output models/e5 --layout hub

The checkpoint is a folder with config.json, model.safetensors (or its shards, or
pytorch_model.bin) and a tokenizer (tokenizer.json, vocab.txt, vocab.json with merges.txt, or a
SentencePiece file such as spiece.model or sentencepiece.bpe.model), or a model id, which is pulled
first. export writes model.onnx (fp32), with --quantize model_quantized.onnx (int8), with --fp16
model_fp16.onnx, and every tokenizer, pooling and prompt file. The folder appears only when it is
complete: after ONNX Runtime has run each graph, and the vectors agree with a reference computed
from the weights. Its name goes to standard output.

--quantize-scheme per-row (the default) gives each token a scale and zero point of its own, so a
vector does not depend on its batch. per-tensor is the classic form that ONNX Runtime fuses: faster
there, but a text's vector changes with its batch mates, so that vetor runs it one text at a time.)";

struct ExportFlags {
  RunFlags run;
  ExportOptions options;
  bool quantize = false;
  bool fp16 = false;
  bool no_fp32 = false;
  std::string layout = "root";
  std::string quantize_scheme = "per-row";
};

std::string Megabytes(uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

void PrintReport(const ExportReport& report) {
  PrintError("{}: {}, opset {}, {:.1f} s\n", report.output, report.family, report.opset,
             report.seconds);
  PrintError("  {:<28} {:<9} {:>10}  {:>10}  {}\n", "file", "precision", "size", "difference",
             "cosine to fp32, mean and worst");
  for (const ExportedGraph& graph : report.graphs) {
    const std::string cosines =
        graph.precision == "fp32"
            ? std::string("-")
            : fmt::format("{:.5f}  {:.5f}", graph.mean_cosine, graph.worst_cosine);
    PrintError("  {:<28} {:<9} {:>10}  {:>10.1e}  {}\n", graph.file, graph.precision,
               Megabytes(graph.bytes), graph.max_difference, cosines);
  }
  for (const std::string& warning : report.warnings) PrintError("  warning: {}\n", warning);
  for (const std::string& note : report.notes) PrintError("  note: {}\n", note);
}

// Warnings are printed with --quiet, too.
void PrintWarnings(const ExportReport& report) {
  for (const std::string& warning : report.warnings) {
    PrintError("vetor export: warning: {}\n", warning);
  }
}

boost::json::object ReportJson(const ExportReport& report) {
  boost::json::array graphs;
  for (const ExportedGraph& graph : report.graphs) {
    graphs.push_back({{"file", graph.file},
                      {"precision", graph.precision},
                      {"bytes", graph.bytes},
                      {"max_difference", graph.max_difference},
                      {"mean_cosine", graph.mean_cosine},
                      {"worst_cosine", graph.worst_cosine}});
  }
  const auto list = [](const std::vector<std::string>& texts) {
    return boost::json::array(texts.begin(), texts.end());
  };
  return {{"command", "export"},
          {"output", report.output},
          {"family", report.family},
          {"opset", report.opset},
          {"seconds", report.seconds},
          {"graphs", std::move(graphs)},
          {"warnings", list(report.warnings)},
          {"notes", list(report.notes)}};
}

Status RunExport(const ExportFlags& flags, const CommandContext& context) {
  flags.run.Apply();
  const std::string standard = "-";
  VETOR_RETURN_IF_ERROR(
      CheckStreams({}, {{"the folder's name", standard}, {"--stats", flags.run.stats}}));
  ExportOptions options = flags.options;
  options.precisions.clear();
  if (!flags.no_fp32) options.precisions.push_back(Precision::kFp32);
  if (flags.fp16) options.precisions.push_back(Precision::kFp16);
  if (flags.quantize) options.precisions.push_back(Precision::kInt8);
  if (options.precisions.empty()) {
    return InvalidArgumentError("--no-fp32 leaves nothing to write; add --quantize or --fp16");
  }
  VETOR_ASSIGN_OR_RETURN(options.layout, Parse<ExportLayout>(flags.layout, "layout"));
  VETOR_ASSIGN_OR_RETURN(options.quantize_scheme,
                         Parse<QuantizeScheme>(flags.quantize_scheme, "quantize_scheme"));
  options.stop = context.stop;
  Result<ExportReport> report = InternalError("not run");
  {
    StepProgress progress("export", Progress::ChooseForm(flags.run.quiet));
    options.progress = [&progress](std::string_view step, double fraction) {
      progress.Update(step, fraction);
    };
    report = ExportModel(options);
  }
  VETOR_RETURN_IF_ERROR(report.status());
  if (flags.run.quiet) {
    PrintWarnings(*report);
  } else {
    PrintReport(*report);
  }
  if (!flags.run.stats.empty()) {
    VETOR_RETURN_IF_ERROR(WriteStats(flags.run.stats, ReportJson(*report)));
  }
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  VETOR_RETURN_IF_ERROR(output.Write(report->output + "\n"));
  return output.Commit();
}

}  // namespace

Command MakeExportCommand(CLI::App* root) {
  auto flags = std::make_shared<ExportFlags>();
  ExportOptions& options = flags->options;
  CLI::App* app = root->add_subcommand("export", kExportDescription);
  app->footer(kExportExamples);
  app->add_option("source,--model,--model-id", options.source,
                  "The checkpoint: a folder, or a model id.")
      ->required()
      ->type_name("ID|DIR");
  app->add_option("--output,-o", options.output, "The folder to make.")
      ->required()
      ->type_name("DIR");
  app->add_flag("--quantize", flags->quantize, "Also write model_quantized.onnx, in int8.");
  app->add_flag("--fp16", flags->fp16,
                "Also write model_fp16.onnx: half the size, fp32 inputs and outputs. For GPUs and "
                "disks; a CPU computes it no faster.");
  app->add_flag("--no-fp32", flags->no_fp32, "Do not write model.onnx.");
  app->add_option("--opset", options.opset, "ONNX operator set, 12 to 23. Default 12.")
      ->type_name("N");
  app->add_option("--layout", flags->layout,
                  "Where the graphs go: \"root\" is the folder itself, \"hub\" its subfolder "
                  "onnx/. Default root.")
      ->type_name("NAME");
  app->add_flag("--sentence-embedding", options.sentence_embedding,
                "Give the graphs a second output, sentence_embedding: the vector, pooled and "
                "normalised in the graph.");
  app->add_option("--quantize-scheme", flags->quantize_scheme,
                  "How int8 activations are scaled: \"per-row\" or \"per-tensor\", see below. "
                  "Default per-row.")
      ->type_name("NAME");
  app->add_option(
         "--calibration", options.calibration,
         "A file with your own texts, one per line: int8 is compared with fp32 on them too, and "
         "the range of each component (for int8 vectors in Python) includes them.")
      ->type_name("FILE");
  app->add_flag("--force", options.force,
                "Keep an int8 file even if its mean cosine to fp32 is low.");
  app->add_flag("--overwrite", options.overwrite, "Replace the output folder if it exists.");
  app->add_option("--revision", options.revision,
                  "Branch, tag or commit of a model id. Default main.")
      ->type_name("R");
  app->add_option("--library-path", options.library_path,
                  "The ONNX Runtime library that checks the written graphs. Default: found as "
                  "vetor embed finds it.")
      ->type_name("FILE");
  flags->run.AddTo(app);
  return {app, [flags](const CommandContext& context) { return RunExport(*flags, context); }};
}

}  // namespace vetor::cli
