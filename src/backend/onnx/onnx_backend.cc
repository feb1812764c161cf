#include "backend/onnx/onnx_backend.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <new>
#include <utility>

#include "backend/onnx/onnx_session.h"
#include "backend/onnx/run_inputs.h"
#include "base/status_macros.h"
#include "formats/model_file.h"
#include "formats/onnx/graph_files.h"
#include "formats/onnx/graph_view.h"
#include "os/log.h"

namespace vetor {
namespace {

class OnnxBackend : public Backend {
 public:
  OnnxBackend(OnnxSession session, BackendTraits traits, const OnnxBackendOptions& options)
      : session_(std::move(session)),
        traits_(std::move(traits)),
        word_rows_(options.word_rows),
        pad_token_id_(options.pad_token_id) {}

  const BackendTraits& traits() const override { return traits_; }
  Result<BackendOutput> Run(const TokenBatch& batch) override;

  /// Runs two tokens, which shows facts that the graph's declaration leaves open.
  Status Probe();

 private:
  Status CheckOrder();
  Ort::Session* SessionFor(const TokenBatch& batch);
  Result<BackendOutput> RunOn(Ort::Session* session, const TokenBatch& batch,
                              Ort::RunOptions run_options);
  Result<BackendOutput> MakeOutput(Ort::Value value, const TokenBatch& batch,
                                   const RunShape& run) const;
  BackendOutput WithoutPadding(const BackendOutput& output, const TokenBatch& batch,
                               const RunShape& run) const;
  BackendOutput WithoutTokens(const TokenBatch& batch) const;
  Status CheckFiles();
  Status CheckIds(const TokenBatch& batch) const;

  OnnxSession session_;
  BackendTraits traits_;
  const int64_t word_rows_;  ///< 0: every id of the tokenizer has a row.
  const int64_t pad_token_id_;
  std::atomic<bool> spent_ = false;  ///< The model's files were written into.
  Ort::MemoryInfo cpu_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
};

Ort::Session* OnnxBackend::SessionFor(const TokenBatch& batch) {
  Ort::Session* alone = batch.alone && session_.alone ? session_.alone->ForBatch() : nullptr;
  return alone != nullptr ? alone : session_.session.get();
}

// The files are checked before a run as well, because reading beyond the end of a truncated file is
// a signal and not an error.
Result<BackendOutput> OnnxBackend::Run(const TokenBatch& batch) {
  if (batch.tokens() == 0) return WithoutTokens(batch);
  VETOR_RETURN_IF_ERROR(CheckIds(batch));
  VETOR_RETURN_IF_ERROR(CheckFiles());
  Result<BackendOutput> output = RunOn(SessionFor(batch), batch, Ort::RunOptions());
  VETOR_RETURN_IF_ERROR(CheckFiles());
  return output;
}

// One change is final: the file may look whole again, but the runtime's copies of it may not be.
Status OnnxBackend::CheckFiles() {
  Status status = session_.weights->Unchanged();
  if (!status.ok()) spent_ = true;
  if (!status.ok() || !spent_) return status;
  return DataLossError("the model's files were written into while they were in use; open it again");
}

Status OnnxBackend::CheckIds(const TokenBatch& batch) const {
  if (word_rows_ <= 0) return Status();
  for (const int64_t id : batch.token_ids) {
    if (id < word_rows_) continue;
    return InvalidArgumentError(
        "token id " + std::to_string(id) + " has no row in the model's embedding table of " +
        std::to_string(word_rows_) +
        " rows: the tokenizer has a token that the model does not know; leave it out of the text, "
        "or use the tokenizer.json that belongs to the model");
  }
  return Status();
}

// Graphs do not take a length of 0. Pooling no tokens gives zeros (pooler.h), as
// sentence-transformers does for a row that is only padding.
BackendOutput OnnxBackend::WithoutTokens(const TokenBatch& batch) const {
  const size_t vectors = traits_.output_axis == OutputAxis::kTexts ? batch.rows() : 0;
  const auto zeros = std::make_shared<const std::vector<float>>(vectors * traits_.width);
  return {*zeros, traits_.width, traits_.output_axis, zeros};
}

Result<BackendOutput> OnnxBackend::RunOn(Ort::Session* session, const TokenBatch& batch,
                                         Ort::RunOptions run_options) {
  thread_local RunInputs inputs;
  VETOR_ASSIGN_OR_RETURN(const RunShape shape, ShapeFor(session_.signature, batch));
  try {
    std::vector<const char*> names;
    names.reserve(session_.signature.inputs.size());
    for (const GraphInput& input : session_.signature.inputs) names.push_back(input.name.c_str());
    const std::vector<Ort::Value> values =
        inputs.Make({session_.signature, shape, pad_token_id_, cpu_}, batch);
    const char* output_name = session_.signature.output.c_str();
    // The arena keeps its largest size for ever (16 x 512 tokens of MiniLM: 620 MB instead of 150),
    // so a row beyond the usual bound gives its memory back.
    if (shape.tokens() > traits_.max_tokens) {
      run_options.AddConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
    }
    std::vector<Ort::Value> outputs =
        session->Run(run_options, names.data(), values.data(), values.size(), &output_name, 1);
    VETOR_ASSIGN_OR_RETURN(BackendOutput output,
                           MakeOutput(std::move(outputs.front()), batch, shape));
    output.padding_tokens = shape.tokens() - batch.tokens();
    return output;
  } catch (const Ort::Exception& error) {
    return OrtError(error, "the model failed on a batch of " + std::to_string(batch.rows()) +
                               " texts with " + std::to_string(batch.tokens()) + " tokens");
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("not enough memory for a batch of " +
                                  std::to_string(batch.tokens()) + " tokens");
  }
}

Result<BackendOutput> OnnxBackend::MakeOutput(Ort::Value value, const TokenBatch& batch,
                                              const RunShape& run) const {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const std::vector<int64_t> shape = info.GetShape();
  const OutputAxis axis = traits_.output_axis;
  const size_t rows = session_.signature.joined_rows ? batch.rows() : run.rows;
  const size_t vectors = axis == OutputAxis::kTexts ? rows : run.tokens();
  const size_t count = info.GetElementCount();
  // [length, texts, width] has as many numbers as [texts, length, width], but in another order.
  const bool in_order =
      axis == OutputAxis::kTexts || shape.size() < 3 ||
      (static_cast<size_t>(shape[0]) == rows && static_cast<size_t>(shape[1]) == run.length);
  const bool fits = !shape.empty() && in_order &&
                    count == vectors * static_cast<size_t>(shape.back()) &&
                    (traits_.width == 0 || static_cast<size_t>(shape.back()) == traits_.width);
  if (!fits) {
    std::string found;
    for (const int64_t n : shape) found += (found.empty() ? "" : ", ") + std::to_string(n);
    return InvalidArgumentError(
        "output \"" + session_.signature.output + "\" has shape [" + found + "], expected " +
        std::to_string(vectors) + " vectors" +
        (traits_.width > 0 ? " of " + std::to_string(traits_.width) : "") + " for " +
        std::to_string(batch.rows()) + " texts with " + std::to_string(batch.tokens()) + " tokens" +
        (in_order
             ? ""
             : ", first the texts and then their tokens; export the model again in that order"));
  }
  BackendOutput output{.width = static_cast<size_t>(shape.back()), .axis = axis};
  if (session_.signature.output_element == OnnxElement::kFloat16) {
    const auto* halves = value.GetTensorData<Ort::Float16_t>();
    auto floats = std::make_shared<std::vector<float>>(count);
    std::transform(halves, halves + count, floats->begin(),
                   [](Ort::Float16_t half) { return half.ToFloat(); });
    output.values = *floats;
    output.owner = floats;
  } else {
    const auto owner = std::make_shared<Ort::Value>(std::move(value));
    output.values = {owner->GetTensorData<float>(), count};
    output.owner = owner;
  }
  return run.padded ? WithoutPadding(output, batch, run) : output;
}

// The vectors of the batch's own tokens, or of its own rows, without those of the padding.
BackendOutput OnnxBackend::WithoutPadding(const BackendOutput& output, const TokenBatch& batch,
                                          const RunShape& run) const {
  const bool of_texts = output.axis == OutputAxis::kTexts;
  auto own = std::make_shared<std::vector<float>>();
  own->reserve((of_texts ? batch.rows() : batch.tokens()) * output.width);
  for (size_t r = 0; r < batch.rows(); ++r) {
    const auto vectors = output.values.subspan(r * (of_texts ? 1 : run.length) * output.width,
                                               (of_texts ? 1 : batch.row(r).size()) * output.width);
    own->insert(own->end(), vectors.begin(), vectors.end());
  }
  return {*own, output.width, output.axis, own};
}

// If all runs have as many rows as tokens per row, the output's shape does not tell which come
// first. But another first text changes the vectors of the first row and not those of the second.
// In int8 graphs, whose scales span the batch, the latter change a little.
Status OnnxBackend::CheckOrder() {
  const size_t size = session_.signature.fixed_rows;
  const bool square = size > 1 && size == session_.signature.fixed_length;
  if (!square || traits_.output_axis == OutputAxis::kTexts) return Status();
  const size_t row = size * traits_.width;
  std::vector<float> before;
  std::array<double, 2> changes = {};
  for (const int64_t first : {0, 1}) {
    TokenBatch batch{
        .token_ids = std::vector<int64_t>(2 * size, 0),
        .row_begin = {0, static_cast<uint32_t>(size), static_cast<uint32_t>(2 * size)}};
    std::fill_n(batch.token_ids.begin(), size, first);
    VETOR_ASSIGN_OR_RETURN(const BackendOutput output,
                           RunOn(session_.session.get(), batch, Ort::RunOptions()));
    for (size_t i = 0; i < std::min(before.size(), 2 * row); ++i) {
      changes[i / row] += std::abs(double{output.values[i]} - double{before[i]});
    }
    before.assign(output.values.begin(), output.values.end());
  }
  if (changes[1] * 4 <= changes[0]) return Status();
  return InvalidArgumentError(
      "output \"" + session_.signature.output +
      "\" depends on other texts of a run as if it had first the tokens and then the texts, "
      "expected first the texts and then their tokens; export the model again in that order");
}

Status OnnxBackend::Probe() {
  TokenBatch two{.token_ids = {0, 0}, .row_begin = {0, 2}};
  if (session_.signature.fixed_length == 1) two = {.token_ids = {0}, .row_begin = {0, 1}};
  VETOR_ASSIGN_OR_RETURN(const BackendOutput output, Run(two));
  traits_.width = output.width;
  VETOR_RETURN_IF_ERROR(CheckOrder());
  if (session_.fast_norms == 0) return Status();
  // If one of these runs fails, a normalised value had another shape than it seemed. This is not an
  // error: the graph is then opened as it is.
  const size_t most = session_.signature.fixed_length;
  for (size_t length : {5U, 7U}) {
    if (most > 0) length = std::min(length, most);
    TokenBatch batch{
        .token_ids = std::vector<int64_t>(2 * length, 0),
        .row_begin = {0, static_cast<uint32_t>(length), static_cast<uint32_t>(2 * length)}};
    if (session_.signature.fixed_rows == 1) batch = batch.Only(0);
    Ort::RunOptions silent;
    silent.SetRunLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
    VETOR_RETURN_IF_ERROR(RunOn(session_.session.get(), batch, std::move(silent)).status());
  }
  return Status();
}

// The most rows of a run; 0: any number.
size_t MostRows(const GraphSignature& signature, const OnnxBackendOptions& options) {
  // A graph that pools adds in another order if there are several rows, so that a vector's last
  // bits would depend on its batch; and the scales of dynamic int8 span the whole batch.
  if (options.dynamic_int8 || signature.text_vectors) return 1;
  if (signature.fixed_rows > 0) return signature.fixed_rows;
  if (signature.fixed_length == 0) return 0;
  return std::max<size_t>(1, options.max_tokens / signature.fixed_length);
}

Result<std::unique_ptr<Backend>> Open(const RuntimeLibrary& runtime,
                                      const OnnxBackendOptions& options) {
  VETOR_ASSIGN_OR_RETURN(OnnxSession session, StartSession(runtime, options));
  for (const std::string& reason : session.skipped) {
    Log(LogLevel::kWarning, "execution provider skipped: {}", reason);
  }
  BackendTraits traits{
      .backend = "onnx",
      .provider = session.provider,
      .precision = options.precision,
      .library = "onnxruntime " + runtime.version,
      .input = BackendInput::kTokenIds,
      .output_axis = session.signature.text_vectors ? OutputAxis::kTexts : OutputAxis::kTokens,
      .width = 0,
      // Rows that are padded to one length, or that lie end to end, need not have equal lengths.
      .equal_lengths = session.signature.fixed_length == 0 && !session.signature.joined_rows,
      .max_rows = MostRows(session.signature, options),
      .max_tokens = options.max_tokens,
  };
  auto backend = std::make_unique<OnnxBackend>(std::move(session), std::move(traits), options);
  VETOR_RETURN_IF_ERROR(backend->Probe().WithContext(options.graph.string()));
  Log(LogLevel::kDebug, "session started: {} on {}", options.graph.string(),
      backend->traits().provider);
  return std::unique_ptr<Backend>(std::move(backend));
}

// Maps a graph that was not read before.
Result<std::shared_ptr<const GraphFiles>> MapGraph(const std::filesystem::path& graph) {
  auto files = std::make_shared<GraphFiles>();
  VETOR_ASSIGN_OR_RETURN(files->graph,
                         MapModelFile(graph, "the model's graph", "download or export it again"));
  Result<OnnxGraphView> view = OnnxGraphView::Read(files->graph.bytes());
  if (!view.ok()) {
    return view.status()
        .WithContext("the graph is not a whole ONNX model")
        .WithContext(graph.string());
  }
  files->view = std::make_shared<const OnnxGraphView>(*std::move(view));
  return std::shared_ptr<const GraphFiles>(std::move(files));
}

}  // namespace

Result<std::unique_ptr<Backend>> OpenOnnxBackend(const OnnxBackendOptions& options) {
  VETOR_ASSIGN_OR_RETURN(const RuntimeLibrary runtime, LoadRuntime(options.library_path));
  OnnxBackendOptions on_files = options;
  if (!on_files.files) {
    VETOR_ASSIGN_OR_RETURN(on_files.files, MapGraph(options.graph));
  }
  auto backend = Open(runtime, on_files);
  if (backend.ok() || !options.fast_norms) return backend;
  on_files.fast_norms = false;
  return Open(runtime, on_files);
}

}  // namespace vetor
