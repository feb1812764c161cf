#include "vetor/export_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/argument_check.h"
#include "base/exceptions.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "encoder/encoder.h"
#include "encoder/quantize/calibration_texts.h"
#include "encoder/reference/reference_pass.h"
#include "engine/model_tokenizer.h"
#include "engine/token_table.h"
#include "exporter/exported_graph.h"
#include "exporter/folder/model_files.h"
#include "exporter/folder/module_files.h"
#include "exporter/folder/output_folder.h"
#include "exporter/folder/probe_texts.h"
#include "exporter/folder/source_state.h"
#include "exporter/graph/graph_writer.h"
#include "exporter/quantize/int8_emitters.h"
#include "exporter/quantize/quality_report.h"
#include "hub/hub.h"
#include "hub/protocol.h"
#include "model/embedder_check.h"
#include "model/graph_choice.h"
#include "model/model_folder.h"
#include "model/module_list.h"
#include "os/cpu.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// The largest difference between a graph's unit vectors of the probe texts and the reference's.
// Every load promises the bound of fp32. In fp16 rounding alone moves MiniLM's vectors by 2e-4.
constexpr double kMaxDifferenceFp32 = 1e-5;
constexpr double kMaxDifferenceFp16 = 5e-3;

// int8 is compared on at most this many texts of the user; more say nothing new and take minutes.
constexpr size_t kMaxCalibrationTexts = 4096;

// The export's progress at the end of its parts, as shares of the time.
constexpr double kPullEnd = 0.05, kGraphsStart = 0.1, kGraphsEnd = 0.98;
// Where the reference pass, the check and the user's texts begin within the time of one graph.
constexpr double kReferenceStart = 0.3, kCheckStart = 0.5, kOwnTextsStart = 0.7;

Status CheckOptions(const ExportOptions& options) {
  if (options.source.empty()) return InvalidArgumentError("source is empty; name a checkpoint");
  if (options.output.empty()) return InvalidArgumentError("output is empty; name a folder to make");
  VETOR_RETURN_IF_ERROR(CheckPath(options.source, "source"));
  VETOR_RETURN_IF_ERROR(CheckPath(options.output, "output"));
  VETOR_RETURN_IF_ERROR(CheckPath(options.calibration, "calibration"));
  VETOR_RETURN_IF_ERROR(CheckPath(options.library_path, "library_path"));
  VETOR_RETURN_IF_ERROR(CheckChoice(options.layout, "layout"));
  VETOR_RETURN_IF_ERROR(CheckChoice(options.quantize_scheme, "quantize_scheme"));
  if (options.precisions.empty()) {
    return InvalidArgumentError("precisions is empty; expected \"fp32\", \"fp16\" or \"int8\"");
  }
  for (const Precision precision : options.precisions) {
    VETOR_RETURN_IF_ERROR(CheckChoice(precision, "precision"));
    if (precision == Precision::kAuto || precision == Precision::kBf16) {
      return InvalidArgumentError("precision \"" + std::string(ToString(precision)) +
                                  "\", expected \"fp32\", \"fp16\" or \"int8\"");
    }
  }
  if (options.opset < kMinOpset || options.opset > kMaxOpset) {
    return InvalidArgumentError("opset is " + std::to_string(options.opset) + ", expected " +
                                std::to_string(kMinOpset) + " to " + std::to_string(kMaxOpset));
  }
  return Status();
}

// Reads the lines of a text file that are not empty. Errors: those of ReadFile; INVALID_ARGUMENT
// names a line that is not UTF-8, or says that there is no text at all.
Result<std::vector<std::string>> ReadTexts(const fs::path& path) {
  VETOR_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  std::vector<std::string> texts;
  size_t number = 0;
  for (size_t begin = 0; begin < bytes.size(); ++number) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string line = bytes.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (FindInvalidUtf8(line) != kValidUtf8) {
      return InvalidArgumentError(path.string() + ":" + std::to_string(number + 1) +
                                  ": not valid UTF-8");
    }
    if (!line.empty() && texts.size() < kMaxCalibrationTexts) texts.push_back(std::move(line));
  }
  if (texts.empty()) {
    return InvalidArgumentError(path.string() + " has no text in it; expected one text per line");
  }
  return texts;
}

// The folder of the checkpoint, and its name in records.
struct ModelSource {
  fs::path folder;
  std::string name;
  std::string revision = {};  ///< The commit, if the source is a hub id.
  std::string unheard = {};   ///< Why the hub gave no answer; else empty.
};

// Pulls the source into the hub cache, which keeps the fetched files if the export fails.
Result<ModelSource> PullSource(const ExportOptions& options) {
  HubPullOptions pull{{.id = options.source, .weights = true}};
  pull.settings = ReadHubSettings();
  if (!options.revision.empty()) pull.revision = options.revision;
  pull.stop = options.stop;
  const std::string step = "pulling " + options.source;
  pull.progress = [&](uint64_t done, uint64_t total) {
    const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
    if (options.progress) options.progress(step, kPullEnd * share);
  };
  const Result<PulledModel> model = PullModel(pull);
  if (!model.ok()) {
    return model.status().WithContext("there is no folder " + options.source +
                                      ", so the hub was asked");
  }
  ModelSource source{.folder = model->folder, .name = options.source, .revision = model->commit};
  if (!model->unreached.ok()) {
    source.unheard =
        fmt::format("the hub {} ({})", pull.settings.offline ? "was not asked" : "did not answer",
                    model->unreached.message());
  }
  return source;
}

Result<ModelSource> FindSource(const ExportOptions& options) {
  std::error_code error;
  if (fs::is_directory(options.source, error)) {
    const fs::path folder = fs::path(options.source).lexically_normal();
    const fs::path name =
        folder.has_filename() ? folder.filename() : folder.parent_path().filename();
    return ModelSource{.folder = folder, .name = name.string()};
  }
  if (!fs::exists(options.source, error) && IsHubId(options.source)) return PullSource(options);
  return NotFoundError("the checkpoint is not there: " + options.source +
                       "; name a folder with config.json and model.safetensors, or a model id");
}

// The vectors of one set of texts.
struct QualitySet {
  std::string name;
  TextVectors vectors;
};

// How many bytes a graph and its external data have.
uint64_t GraphBytes(const fs::path& path) {
  std::error_code none;
  uint64_t bytes = fs::file_size(path, none);
  const fs::path data = path.string() + "_data";
  if (fs::exists(data, none)) bytes += fs::file_size(data, none);
  return bytes;
}

// One export: its steps in order, and the state that one step hands to the next.
class Export {
 public:
  Export(const ExportOptions& options, ModelSource source, OutputFolder output)
      : options_(options),
        source_(std::move(source)),
        source_state_(SourceState::Read(source_.folder)),
        output_(std::move(output)) {}

  Result<ExportReport> Run();

 private:
  Status ReadSource();
  Status WithWayOut(const Status& status) const;
  void NoteLeftOut();
  Status InSource(const Status& status) const;
  Status PrepareTexts();
  Status CheckTokens();
  Status MakeGraph(const std::string& precision);
  Result<TextVectors> ProbeVectors(const GraphRun& run);
  Status Write(const std::string& precision, const fs::path& path);
  Status WriteInt8(GraphOptions graph, const fs::path& path);
  Status CheckDifference(const ExportedGraph& graph) const;
  Status CompareWithFp32(const TextVectors& vectors, const GraphRun& run, ExportedGraph* graph);
  Status Finish();
  Status Step(const std::string& step, double done) const;
  std::vector<std::string> GraphsToMake() const;
  double InGraph(double part) const { return graph_start_ + graph_share_ * part; }

  const ExportOptions& options_;
  ModelSource source_;
  SourceState source_state_;  ///< The source as it was when the export began.
  OutputFolder output_;
  Encoder encoder_;
  ModelFolder model_;      ///< The unfinished folder, read as a model from the first graph on.
  TokenRows probes_;       ///< The token ids of ProbeTexts().
  TokenRows calibration_;  ///< The token ids of CalibrationTexts().
  TokenRows own_texts_;    ///< The token ids of options_.calibration.
  TextVectors reference_;  ///< The vectors of probes_ by the reference pass.
  std::vector<QualitySet> fp32_;  ///< int8 and fp16 are compared with these.
  ComponentRanges ranges_;  ///< The component ranges of the current graph over all of these texts.
  ExportRecord record_;
  ExportReport report_;
  double graph_start_ = 0;  ///< Where the current graph begins in the whole progress.
  double graph_share_ = 0;
};

Status Export::Step(const std::string& step, double done) const {
  if (options_.stop.stop_requested()) return CancelledError("the export was interrupted");
  if (options_.progress) options_.progress(step, done);
  return Status();
}

// fp32 comes first, because int8 and fp16 are compared with it. It is made even if the user did not
// ask for it, and then left out of the folder.
std::vector<std::string> Export::GraphsToMake() const {
  std::vector<std::string> graphs = {"fp32"};
  for (const Precision precision : options_.precisions) {
    const std::string_view name = ToString(precision);
    if (std::find(graphs.begin(), graphs.end(), name) == graphs.end()) graphs.emplace_back(name);
  }
  return graphs;
}

Status Export::ReadSource() {
  if (!source_.unheard.empty()) {
    report_.warnings.push_back(source_.unheard + "; the copy in the cache was exported, commit " +
                               source_.revision);
  }
  VETOR_RETURN_IF_ERROR(Step("reading the checkpoint", kPullEnd));
  VETOR_ASSIGN_OR_RETURN(const fs::path transformer, TransformerFolder(source_.folder));
  auto opened = Checkpoint::Open(transformer, source_.folder);
  if (!opened.ok()) return WithWayOut(opened.status());
  std::shared_ptr<const Checkpoint> checkpoint = *std::move(opened);
  VETOR_RETURN_IF_ERROR(CheckIsEmbedder(source_.folder, checkpoint->config(), checkpoint->names()));
  VETOR_ASSIGN_OR_RETURN(encoder_, ReadEncoder(std::move(checkpoint)));
  NoteLeftOut();
  if (!encoder_.unused_layers.empty()) report_.warnings.push_back(encoder_.unused_layers);
  return output_.AddSourceFiles(encoder_.max_positions, &report_.warnings);
}

// Adds what the user can do if the weights are missing: use the graph as it is, or try again if the
// hub did not answer.
Status Export::WithWayOut(const Status& status) const {
  if (status.code() != StatusCode::kNotFound) return status;
  std::string message = status.message();
  const std::string graphs = ListGraphs(source_.folder);
  if (!graphs.empty()) {
    message += "; its graph needs no export (" + graphs + "): use " + source_.name +
               " itself as the model";
  }
  if (!source_.unheard.empty()) {
    message += "; " + source_.unheard + ", so this is the copy in the cache, commit " +
               source_.revision + ": try again when it answers";
  }
  return Status(status.code(), std::move(message));
}

// Without its head, the export is not the model that its class names, so the report says so.
void Export::NoteLeftOut() {
  if (encoder_.left_out.empty()) return;
  constexpr size_t kMostParts = 8;
  std::string note = "left out, because the encoder does not use it: ";
  for (size_t i = 0; i < encoder_.left_out.size() && i < kMostParts; ++i) {
    note += (i == 0 ? "" : ", ") + encoder_.left_out[i];
  }
  if (encoder_.left_out.size() > kMostParts) {
    note += " and " + std::to_string(encoder_.left_out.size() - kMostParts) + " more";
  }
  record_.notes.push_back(note);
  report_.notes.push_back(std::move(note));
}

// Once the first graph is written, the folder is a model folder, and everything else is read from
// it as a user's load would read it.
Status Export::PrepareTexts() {
  Result<ModelFolder> model = ReadModelFolder({.model_path = output_.GraphPath("fp32")});
  if (!model.ok()) return InSource(model.status());
  model_ = *std::move(model);
  VETOR_RETURN_IF_ERROR(CheckTokens());
  VETOR_ASSIGN_OR_RETURN(probes_, EncodeTexts(model_, ProbeTexts()));
  VETOR_ASSIGN_OR_RETURN(calibration_, EncodeTexts(model_, CalibrationTexts()));
  VETOR_RETURN_IF_ERROR(Step("reference pass", InGraph(kReferenceStart)));
  VETOR_ASSIGN_OR_RETURN(reference_, ReferenceVectors(encoder_, model_, probes_));
  if (options_.calibration.empty()) return Status();
  VETOR_ASSIGN_OR_RETURN(const std::vector<std::string> texts, ReadTexts(options_.calibration));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  VETOR_ASSIGN_OR_RETURN(own_texts_, EncodeTexts(model_, views));
  return Status();
}

// Names the user's own file in an error about its copy, which is gone when the message is read.
Status Export::InSource(const Status& status) const {
  std::string message = status.message();
  const std::string making = output_.path().string();
  const std::string source = source_.folder.string();
  for (size_t at = 0; (at = message.find(making, at)) != std::string::npos; at += source.size()) {
    message.replace(at, making.size(), source);
  }
  return Status(status.code(), std::move(message));
}

Status Export::CheckTokens() {
  const auto tokenizer = OpenTokenizer(model_);
  if (!tokenizer.ok()) return InSource(tokenizer.status());
  VETOR_ASSIGN_OR_RETURN(
      std::string beyond,
      CheckTokenTable(**tokenizer, {source_.folder / model_.tokenizer.filename(), source_.folder,
                                    static_cast<int64_t>(encoder_.word.shape.front())}));
  if (!beyond.empty()) report_.warnings.push_back(std::move(beyond));
  return Status();
}

Status Export::WriteInt8(GraphOptions graph, const fs::path& path) {
  VETOR_ASSIGN_OR_RETURN(const std::vector<LayerStatistics> statistics,
                         ObserveInputs(encoder_, calibration_));
  const auto plan =
      std::make_shared<const QuantizationPlan>(QuantizationPlan::Make(encoder_, statistics));
  const Int8Settings settings{.scheme = options_.quantize_scheme == QuantizeScheme::kPerRow
                                            ? Int8Scheme::kPerRow
                                            : Int8Scheme::kPerTensor,
                              .threads = ReadCpuBudget().workers};
  const Int8Linear linear(plan, settings);
  const Int8Embedding embedding;
  graph.linear = &linear;
  graph.embedding = &embedding;
  return WriteGraph(encoder_, graph, path);
}

Status Export::Write(const std::string& precision, const fs::path& path) {
  GraphOptions graph{.opset = options_.opset};
  ModuleList modules;
  if (options_.sentence_embedding) {
    Result<ModuleList> read = ReadModuleList(output_.path());
    if (!read.ok()) return InSource(read.status());
    modules = *std::move(read);
    graph.pooling = &modules.pooling;
  }
  if (precision == "int8") return WriteInt8(graph, path);
  const FloatLinear half(OnnxElement::kFloat16);
  const FloatEmbedding half_table(OnnxElement::kFloat16);
  if (precision == "fp16") {
    graph.linear = &half;
    graph.embedding = &half_table;
  }
  return WriteGraph(encoder_, graph, path);
}

Status Export::CheckDifference(const ExportedGraph& graph) const {
  const double bound = graph.precision == "fp32" ? kMaxDifferenceFp32 : kMaxDifferenceFp16;
  if (graph.precision == "int8" || graph.max_difference <= bound) return Status();
  return InternalError(fmt::format(
      "{}: vectors of the probe texts differ from the reference pass by {:.1e}, at most {:.0e} was "
      "expected; nothing was written. Please report this with the model's config.json",
      graph.file, graph.max_difference, bound));
}

// Compares the probe texts, and the user's texts if there are any; the worst result counts.
Status Export::CompareWithFp32(const TextVectors& vectors, const GraphRun& run,
                               ExportedGraph* graph) {
  std::vector<QualitySet> sets = {{"probes", vectors}};
  if (!own_texts_.empty()) {
    VETOR_RETURN_IF_ERROR(Step(graph->file + ": your texts", InGraph(kOwnTextsStart)));
    VETOR_ASSIGN_OR_RETURN(TextVectors own, GraphVectors(run, model_, own_texts_));
    Widen(own, &ranges_);
    sets.push_back({options_.calibration, std::move(own)});
  }
  if (graph->precision == "fp32") {
    fp32_ = std::move(sets);
    return Status();
  }
  std::vector<VectorAgreement> agreements;
  for (size_t i = 0; i < sets.size(); ++i) {
    VETOR_ASSIGN_OR_RETURN(const VectorAgreement agreement,
                           CompareVectors(sets[i].name, fp32_[i].vectors, sets[i].vectors));
    graph->mean_cosine = std::min(graph->mean_cosine, agreement.mean_cosine);
    graph->worst_cosine = std::min(graph->worst_cosine, agreement.worst_cosine);
    agreements.push_back(agreement);
  }
  if (graph->precision != "int8") return Status();
  const fs::path quality = output_.GraphPath("int8").parent_path() / "quality.json";
  VETOR_RETURN_IF_ERROR(
      WriteModelFile(quality, QualityJson({graph->file, output_.GraphName("fp32"),
                                           std::string(ToString(options_.quantize_scheme))},
                                          agreements)));
  Status good = CheckQuality(graph->file, agreements);
  if (!good.ok() && options_.force) {
    report_.warnings.push_back(good.message());
    return Status();
  }
  return good;
}

// The vectors of the probe texts. It also measures how far each component reaches over them and the
// calibration texts. One session serves both, because a large model takes long to open.
Result<TextVectors> Export::ProbeVectors(const GraphRun& run) {
  TokenRows rows = probes_;
  rows.insert(rows.end(), calibration_.begin(), calibration_.end());
  VETOR_ASSIGN_OR_RETURN(TextVectors vectors, GraphVectors(run, model_, rows));
  ranges_ = {};
  Widen(vectors, &ranges_);
  vectors.resize(probes_.size());
  return vectors;
}

Status Export::MakeGraph(const std::string& precision) {
  const std::string name = output_.GraphName(precision);
  const fs::path path = output_.GraphPath(precision);
  VETOR_RETURN_IF_ERROR(Write(precision, path));
  if (precision == "fp32") VETOR_RETURN_IF_ERROR(PrepareTexts());
  VETOR_RETURN_IF_ERROR(Step(name + ": checking", InGraph(kCheckStart)));
  const WrittenGraph written{
      .path = path,
      .precision = precision,
      .dynamic_int8 = precision == "int8" && options_.quantize_scheme != QuantizeScheme::kPerRow,
      .library_path = options_.library_path};
  const GraphRun run{.graph = written, .stop = options_.stop};
  // The runtime is about to hold all weights, so the checkpoint's pages can leave memory.
  encoder_.weights->DropPages();
  VETOR_ASSIGN_OR_RETURN(TextVectors vectors, ProbeVectors(run));
  ExportedGraph graph{.file = name,
                      .precision = precision,
                      .bytes = GraphBytes(path),
                      .max_difference = LargestDifference(vectors, reference_)};
  VETOR_RETURN_IF_ERROR(CheckDifference(graph));
  VETOR_RETURN_IF_ERROR(CompareWithFp32(vectors, run, &graph));
  const auto& asked = options_.precisions;
  if (std::none_of(asked.begin(), asked.end(),
                   [&](Precision p) { return ToString(p) == precision; })) {
    return Status();
  }
  report_.graphs.push_back(std::move(graph));
  record_.graphs[name] = {precision, std::move(vectors), ranges_};
  return Status();
}

// Removes graphs made only for comparison, writes the record, and gives the folder its name.
Status Export::Finish() {
  VETOR_RETURN_IF_ERROR(Step("checksums", kGraphsEnd));
  if (!record_.graphs.contains(output_.GraphName("fp32"))) {
    std::error_code none;
    fs::remove(output_.GraphPath("fp32"), none);
    fs::remove(output_.GraphPath("fp32").string() + "_data", none);
  }
  record_.source = source_.name;
  record_.revision = source_.revision;
  record_.family = encoder_.family;
  record_.opset = options_.opset;
  VETOR_RETURN_IF_ERROR(output_.AddRecord(record_));
  VETOR_RETURN_IF_ERROR(source_state_.CheckUnchanged());
  return output_.Commit();
}

Result<ExportReport> Export::Run() {
  const Clock::time_point start = Clock::now();
  VETOR_RETURN_IF_ERROR(ReadSource());
  const std::vector<std::string> graphs = GraphsToMake();
  for (size_t i = 0; i < graphs.size(); ++i) {
    graph_share_ = (kGraphsEnd - kGraphsStart) / static_cast<double>(graphs.size());
    graph_start_ = kGraphsStart + graph_share_ * static_cast<double>(i);
    VETOR_RETURN_IF_ERROR(Step(output_.GraphName(graphs[i]) + ": writing", graph_start_));
    VETOR_RETURN_IF_ERROR(MakeGraph(graphs[i]));
  }
  VETOR_RETURN_IF_ERROR(Finish());
  report_.output = options_.output;
  report_.family = encoder_.family;
  report_.opset = options_.opset;
  report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return std::move(report_);
}

}  // namespace

namespace {

Result<ExportReport> ExportChecked(const ExportOptions& options) {
  VETOR_RETURN_IF_ERROR(CheckOptions(options));
  VETOR_ASSIGN_OR_RETURN(ModelSource source, FindSource(options));
  VETOR_ASSIGN_OR_RETURN(OutputFolder output, OutputFolder::Create({.source = source.folder,
                                                                    .destination = options.output,
                                                                    .overwrite = options.overwrite,
                                                                    .layout = options.layout}));
  return Export(options, std::move(source), std::move(output)).Run();
}

}  // namespace

Result<ExportReport> ExportModel(const ExportOptions& options) {
  return CatchExceptions([&options] { return ExportChecked(options); });
}

}  // namespace vetor
