// vetor bench: speed, memory, cache and quality, as a table, JSON and a page.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/flags/io_flags.h"
#include "cli/flags/one_of.h"
#include "cli/flags/run_flags.h"
#include "cli/flags/settings_flags.h"
#include "cli/input/row_reader.h"
#include "cli/output/progress.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/standard_error.h"
#include "os/file.h"
#include "vetor/benchmark.h"

namespace vetor::cli {
namespace {

constexpr const char* kBenchDescription =
    "Measure how fast vetor is here: throughput, latency, memory and cache, for each engine, "
    "provider, precision and runtime; on request, quality beside speed.";

constexpr const char* kBenchExamples = R"(Examples:
  vetor bench --model models/all-MiniLM-L6-v2
  vetor bench --model models/all-MiniLM-L6-v2 --providers cpu,cuda --json bench.json \
      --html bench.html
  vetor bench --model DIR --precision fp32,int8 --sts stsb-test.csv --reference fp32
  vetor bench --model DIR --runtime native,onnxruntime
  vetor bench --model DIR --input titles.txt --cache-state cold,memory

Work loads: short (queries), mixed (60 % short, 30 % some sentences, 10 % long), long (paragraphs),
single (one text per call). Their texts are made by rule and are the same everywhere. --input adds a
work load with the name input.
Cache states: cold computes every vector; memory and disk find the vectors there. A latency is that
of one model batch, or of one call with --batch-size texts if the cache answers; a text latency is
that of one call with one text.
docs/bench-json.md describes the JSON, docs/benchmarks.md shows figures to compare with.)";

// Settings that the user may choose; the benchmark sets the others itself.
const std::vector<std::string_view> kSettings = {"ai.onnx.model_path",
                                                 "ai.onnx.tokenizer_path",
                                                 "ai.onnx.library_path",
                                                 "ai.onnx.pooling",
                                                 "ai.onnx.output_name",
                                                 "ai.onnx.max_length",
                                                 "ai.onnx.on_long",
                                                 "ai.onnx.prompt_name",
                                                 "ai.onnx.intra_op_threads",
                                                 "ai.dim",
                                                 "ai.normalize",
                                                 "ai.batch_size",
                                                 "ai.threads",
                                                 "ai.cache.enabled",
                                                 "ai.cache.max_mb",
                                                 "ai.cache.memory_mb"};

struct BenchFlags {
  SettingsFlags settings;
  RunFlags run;
  RowFlags rows;
  std::string engine = "both";
  std::string input;
  TextField field;
  std::string json;
  std::string html;
  std::string sts;
  std::vector<std::string> precisions;
  std::vector<std::string> runtimes;
  std::vector<std::string> cache_states;
  std::string reference;
  BenchmarkOptions options;
};

// On a terminal one line that is overwritten, otherwise one line every ten seconds.
class StepProgress {
 public:
  explicit StepProgress(bool quiet) : form_(Progress::ChooseForm(quiet)) {}
  ~StepProgress() {
    if (form_ == Progress::Form::kBar) WriteToStandardError(kClearLine);
  }
  StepProgress(const StepProgress&) = delete;
  StepProgress& operator=(const StepProgress&) = delete;

  void Show(const BenchmarkProgress& progress) {
    const Clock::time_point now = Clock::now();
    if (form_ == Progress::Form::kNone) return;
    if (form_ == Progress::Form::kLines && now < next_) return;
    next_ = now + std::chrono::seconds(10);
    const std::string line =
        fmt::format("bench: {} of {}: {}", progress.done + 1, progress.total, progress.what);
    if (form_ == Progress::Form::kBar) {
      DrawLine(line);
    } else {
      PrintError("{}\n", line);
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Progress::Form form_;
  Clock::time_point next_;
};

Status ReadTexts(const BenchFlags& flags, const CommandContext& context,
                 std::vector<std::string>* texts) {
  if (flags.input.empty()) return Status();
  const bool named = !flags.field.name.empty();
  VETOR_ASSIGN_OR_RETURN(RowReader reader, flags.rows.Open(flags.input, named, context));
  const bool lines = ChooseRowFormat(flags.rows.format, flags.input, named) == RowFormat::kLines;
  Row row;
  while (true) {
    VETOR_ASSIGN_OR_RETURN(const bool found, reader.Next(&row));
    if (!found) break;
    if (lines) {
      texts->push_back(std::move(row.text));
      continue;
    }
    VETOR_ASSIGN_OR_RETURN(std::string text, reader.TextOf(row, flags.field.OrText()));
    texts->push_back(std::move(text));
  }
  if (!texts->empty()) return Status();
  return InvalidArgumentError(flags.input + " holds no text; expected at least one");
}

Status ReadPairs(const BenchFlags& flags, std::vector<ScoredPair>* pairs) {
  if (flags.sts.empty()) return Status();
  VETOR_ASSIGN_OR_RETURN(const std::string csv, ReadFile(flags.sts));
  Result<std::vector<ScoredPair>> parsed = ParseScoredPairs(csv);
  if (!parsed.ok()) return parsed.status().WithContext(flags.sts);
  *pairs = *std::move(parsed);
  return Status();
}

Status WriteTo(const std::string& path, const std::string& text) {
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open(path));
  VETOR_RETURN_IF_ERROR(output.Write(text));
  return output.Commit();
}

Status CheckFlags(const BenchFlags& flags) {
  return CheckStreams({{"--input", flags.input}, {"--sts", flags.sts}},
                      {{"--json", flags.json}, {"--html", flags.html}});
}

Status ParseChoices(const BenchFlags& flags, BenchmarkOptions* options) {
  if (flags.engine != "both") {
    VETOR_ASSIGN_OR_RETURN(const BackendKind engine, Parse<BackendKind>(flags.engine, "engine"));
    options->engines = {engine};
  }
  VETOR_ASSIGN_OR_RETURN(options->precisions, ParseAll<Precision>(flags.precisions, "precision"));
  VETOR_ASSIGN_OR_RETURN(options->runtimes, ParseAll<Runtime>(flags.runtimes, "runtime"));
  VETOR_ASSIGN_OR_RETURN(options->cache_states,
                         ParseAll<CacheState>(flags.cache_states, "cache state"));
  if (flags.reference.empty()) return Status();
  VETOR_ASSIGN_OR_RETURN(options->reference, Parse<Precision>(flags.reference, "reference"));
  return Status();
}

Status RunBench(const BenchFlags& flags, const CommandContext& context) {
  flags.run.Apply();
  VETOR_RETURN_IF_ERROR(CheckFlags(flags));
  BenchmarkOptions options = flags.options;
  VETOR_ASSIGN_OR_RETURN(options.config, flags.settings.Resolve());
  VETOR_RETURN_IF_ERROR(ParseChoices(flags, &options));
  options.sweeps = options.sweeps || !flags.html.empty();
  options.stop = context.stop;
  VETOR_RETURN_IF_ERROR(ReadTexts(flags, context, &options.texts));
  VETOR_RETURN_IF_ERROR(ReadPairs(flags, &options.pairs));
  Result<BenchmarkReport> report = [&] {
    StepProgress progress(flags.run.quiet);
    options.progress = [&progress](const BenchmarkProgress& step) { progress.Show(step); };
    return RunBenchmark(options);
  }();
  if (report.status().code() == StatusCode::kCancelled) {
    return CancelledError("interrupted; a report is written only after a complete run");
  }
  if (!report.ok()) return report.status();
  if (!flags.json.empty()) VETOR_RETURN_IF_ERROR(WriteTo(flags.json, BenchmarkJson(*report)));
  if (!flags.html.empty()) VETOR_RETURN_IF_ERROR(WriteTo(flags.html, BenchmarkHtml(*report)));
  if (flags.json == "-" || flags.html == "-") return Status();
  return WriteTo("-", ForTerminal(BenchmarkTable(*report)));
}

void AddMeasurementFlags(CLI::App* app, BenchFlags* flags) {
  BenchmarkOptions& options = flags->options;
  app->add_option("--engine", flags->engine,
                  "onnx, hashing or both. Default both; without a model, hashing.")
      ->type_name("NAME")
      ->check(OneOf({"onnx", "hashing", "both"}));
  app->add_option("--providers", options.providers,
                  "Execution providers to measure, each alone: cpu,cuda. Default those of the "
                  "settings. A provider that is not available becomes a row that says why.")
      ->type_name("NAMES")
      ->delimiter(',');
  app->add_option("--precision", flags->precisions,
                  "One or more of auto, fp32, fp16, int8, bf16, separated by commas. Default that "
                  "of the settings.")
      ->type_name("NAMES")
      ->delimiter(',')
      ->check(OneOf(NamesOf<Precision>()));
  app->add_option("--runtime", flags->runtimes,
                  "auto, native, onnxruntime, several with commas. Default that of the settings. "
                  "One that cannot run the model becomes a row that says why.")
      ->type_name("NAMES")
      ->delimiter(',')
      ->check(OneOf(NamesOf<Runtime>()));
  app->add_option("--workload", options.workloads,
                  "One or more of short, mixed, long, single, separated by commas. Default all; "
                  "with --input, none but your own texts.")
      ->type_name("NAMES")
      ->delimiter(',')
      ->check(OneOf({"short", "mixed", "long", "single"}));
  app->add_option("--cache-state", flags->cache_states,
                  "One or more of cold, memory, disk, separated by commas. Default all; with "
                  "--no-cache, cold.")
      ->type_name("NAMES")
      ->delimiter(',')
      ->check(OneOf(NamesOf<CacheState>()));
  app->add_option("--repeat", options.repeat,
                  "Runs of each measurement; medians are reported. Default 3.")
      ->type_name("N")
      ->check(WholeBetween(1, 1000));
  app->add_option("--scale", options.scale,
                  "Multiplies the built-in work loads. Default 1: about a minute on two cores.")
      ->type_name("N")
      ->check(WholeBetween(1, 1000));
  app->add_flag(
      "--sweeps", options.sweeps,
      "Also measure throughput by length, batch size and threads; --html switches this on.");
  app->add_option(
         "--sts", flags->sts,
         "CSV file with two sentences and a score per row: adds Spearman's rank correlation.")
      ->type_name("FILE");
  app->add_option("--reference", flags->reference,
                  "A precision to compare the others with: adds their mean and worst cosine to it.")
      ->type_name("NAME")
      ->check(OneOf(NamesOf<Precision>()));
}

}  // namespace

Command MakeBenchCommand(CLI::App* root) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* app = root->add_subcommand("bench", kBenchDescription);
  app->footer(kBenchExamples);
  app->add_option("--input,-i", flags->input, "Texts of your own to measure with.")
      ->type_name("FILE");
  flags->field.AddTo(app);
  flags->rows.AddTo(app);
  AddMeasurementFlags(app, flags.get());
  app->add_option("--json", flags->json,
                  "Write all figures to this file; \"-\" is standard output.")
      ->type_name("FILE");
  app->add_option("--html", flags->html, "Write one page with plots to this file.")
      ->type_name("FILE");
  flags->run.AddLogTo(app);
  flags->settings.AddTo(app, kSettings);
  return {app, [flags](const CommandContext& context) { return RunBench(*flags, context); }};
}

}  // namespace vetor::cli
