#include "backend/onnx/onnx_backend.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <new>
#include <numeric>
#include <utility>

#include "backend/onnx/onnx_session.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

// What a run feeds beside the ids. Kept by each worker and grown as needed; batches have no
// padding, so the mask is all ones.
struct Feed {
  std::vector<int64_t> ones;
  std::vector<int64_t> zeros;
  std::vector<int64_t> positions;
  std::array<std::vector<int32_t>, 4> narrowed;  ///< By InputRole, for graphs with int32 inputs.

  void Grow(size_t tokens) {
    if (ones.size() >= tokens) return;
    ones.resize(tokens, 1);
    zeros.resize(tokens, 0);
  }
  void CountPositions(size_t rows, size_t length) {
    positions.resize(rows * length);
    for (size_t r = 0; r < rows; ++r) {
      const auto begin = positions.begin() + static_cast<std::ptrdiff_t>(r * length);
      std::iota(begin, begin + static_cast<std::ptrdiff_t>(length), 0);
    }
  }
};

class OnnxBackend : public Backend {
 public:
  OnnxBackend(OnnxSession session, BackendTraits traits)
      : session_(std::move(session)), traits_(std::move(traits)) {}

  const BackendTraits& traits() const override { return traits_; }
  Result<BackendOutput> Run(const TokenBatch& batch) override;

  /// Runs two tokens, which shows what the graph's own declaration leaves open.
  Status Probe();

 private:
  Ort::Value MakeInput(const GraphInput& input, const TokenBatch& batch, Feed* feed) const;
  std::span<const int64_t> Source(InputRole role, const TokenBatch& batch, Feed* feed) const;
  Ort::Session* SessionFor(const TokenBatch& batch);
  Result<BackendOutput> RunOn(Ort::Session* session, const TokenBatch& batch,
                              Ort::RunOptions run_options);
  Result<BackendOutput> MakeOutput(Ort::Value value, const TokenBatch& batch) const;
  BackendOutput WithoutTokens(const TokenBatch& batch) const;
  Status CheckFiles();

  OnnxSession session_;
  BackendTraits traits_;
  std::atomic<bool> spent_ = false;  ///< The model's files were written into.
  Ort::MemoryInfo cpu_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
};

std::span<const int64_t> OnnxBackend::Source(InputRole role, const TokenBatch& batch,
                                             Feed* feed) const {
  switch (role) {
    case InputRole::kTokenIds:
      return batch.token_ids;
    case InputRole::kAttentionMask:
      return std::span(feed->ones).first(batch.tokens());
    case InputRole::kTokenTypeIds:
      if (!batch.token_type_ids.empty()) return batch.token_type_ids;
      return std::span(feed->zeros).first(batch.tokens());
    case InputRole::kPositionIds:
      feed->CountPositions(batch.rows(), batch.tokens() / batch.rows());
      return feed->positions;
  }
  return {};
}

Ort::Value OnnxBackend::MakeInput(const GraphInput& input, const TokenBatch& batch,
                                  Feed* feed) const {
  const std::array<int64_t, 2> shape = {static_cast<int64_t>(batch.rows()),
                                        static_cast<int64_t>(batch.tokens() / batch.rows())};
  const std::span<const int64_t> source = Source(input.role, batch, feed);
  if (input.type == ElementType::kInt32) {
    std::vector<int32_t>& narrow = feed->narrowed[static_cast<size_t>(input.role)];
    narrow.assign(source.begin(), source.end());
    return Ort::Value::CreateTensor<int32_t>(cpu_, narrow.data(), narrow.size(), shape.data(),
                                             shape.size());
  }
  // The runtime takes non-const memory but only reads inputs.
  return Ort::Value::CreateTensor<int64_t>(cpu_, const_cast<int64_t*>(source.data()), source.size(),
                                           shape.data(), shape.size());
}

Ort::Session* OnnxBackend::SessionFor(const TokenBatch& batch) {
  Ort::Session* alone = batch.alone && session_.alone ? session_.alone->ForBatch() : nullptr;
  return alone != nullptr ? alone : session_.session.get();
}

// Before a run too: reading beyond the end of a file that was cut is a signal, not an error.
Result<BackendOutput> OnnxBackend::Run(const TokenBatch& batch) {
  if (batch.tokens() == 0) return WithoutTokens(batch);
  VETOR_RETURN_IF_ERROR(CheckFiles());
  Result<BackendOutput> output = RunOn(SessionFor(batch), batch, Ort::RunOptions());
  VETOR_RETURN_IF_ERROR(CheckFiles());
  return output;
}

// Once is for ever: the file may look whole again, but what the runtime keeps of it may not be.
Status OnnxBackend::CheckFiles() {
  Status status = session_.weights->Unchanged();
  if (!status.ok()) spent_ = true;
  if (!status.ok() || !spent_) return status;
  return DataLossError("the model's files were written into while they were in use; open it again");
}

// Graphs do not take a length of 0. Pooling nothing gives zeros (pooler.h), as it does for a row of
// padding alone in sentence-transformers.
BackendOutput OnnxBackend::WithoutTokens(const TokenBatch& batch) const {
  const size_t vectors = traits_.output_axis == OutputAxis::kTexts ? batch.rows() : 0;
  const auto zeros = std::make_shared<const std::vector<float>>(vectors * traits_.width);
  return {*zeros, traits_.width, traits_.output_axis, zeros};
}

Result<BackendOutput> OnnxBackend::RunOn(Ort::Session* session, const TokenBatch& batch,
                                         Ort::RunOptions run_options) {
  thread_local Feed feed;
  feed.Grow(batch.tokens());
  try {
    std::vector<const char*> names;
    std::vector<Ort::Value> values;
    names.reserve(session_.signature.inputs.size());
    values.reserve(session_.signature.inputs.size());
    for (const GraphInput& input : session_.signature.inputs) {
      names.push_back(input.name.c_str());
      values.push_back(MakeInput(input, batch, &feed));
    }
    const char* output_name = session_.signature.output.c_str();
    // The arena keeps its largest size for ever (16 x 512 tokens of MiniLM: 620 MB instead of 150),
    // so a row beyond the usual bound gives its memory back.
    if (batch.tokens() > traits_.max_tokens) {
      run_options.AddConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
    }
    std::vector<Ort::Value> outputs =
        session->Run(run_options, names.data(), values.data(), values.size(), &output_name, 1);
    VETOR_ASSIGN_OR_RETURN(BackendOutput output, MakeOutput(std::move(outputs.front()), batch));
    output.padding_tokens =
        values.front().GetTensorTypeAndShapeInfo().GetElementCount() - batch.tokens();
    return output;
  } catch (const Ort::Exception& error) {
    return OrtError(error, "the model failed on a batch of " + std::to_string(batch.rows()) +
                               " texts with " + std::to_string(batch.tokens()) + " tokens");
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("not enough memory for a batch of " +
                                  std::to_string(batch.tokens()) + " tokens");
  }
}

Result<BackendOutput> OnnxBackend::MakeOutput(Ort::Value value, const TokenBatch& batch) const {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const std::vector<int64_t> shape = info.GetShape();
  const OutputAxis axis = traits_.output_axis;
  const size_t vectors = axis == OutputAxis::kTexts ? batch.rows() : batch.tokens();
  const size_t count = info.GetElementCount();
  const bool fits = !shape.empty() && count == vectors * static_cast<size_t>(shape.back()) &&
                    (traits_.width == 0 || static_cast<size_t>(shape.back()) == traits_.width);
  if (!fits) {
    std::string found;
    for (const int64_t n : shape) found += (found.empty() ? "" : ", ") + std::to_string(n);
    return InvalidArgumentError("output \"" + session_.signature.output + "\" has shape [" + found +
                                "], expected " + std::to_string(vectors) + " vectors" +
                                (traits_.width > 0 ? " of " + std::to_string(traits_.width) : "") +
                                " for " + std::to_string(batch.rows()) + " texts with " +
                                std::to_string(batch.tokens()) + " tokens");
  }
  const auto width = static_cast<size_t>(shape.back());
  if (session_.signature.output_type == ElementType::kFloat16) {
    const auto* halves = value.GetTensorData<Ort::Float16_t>();
    auto floats = std::make_shared<std::vector<float>>(count);
    std::transform(halves, halves + count, floats->begin(),
                   [](Ort::Float16_t half) { return half.ToFloat(); });
    return BackendOutput{*floats, width, axis, floats};
  }
  const auto owner = std::make_shared<Ort::Value>(std::move(value));
  return BackendOutput{{owner->GetTensorData<float>(), count}, width, axis, owner};
}

Status OnnxBackend::Probe() {
  const TokenBatch two{.token_ids = {0, 0}, .row_begin = {0, 2}};
  VETOR_ASSIGN_OR_RETURN(const BackendOutput output, Run(two));
  traits_.width = output.width;
  if (session_.fast_norms == 0) return Status();
  // What was normalised had another shape than it looked like if one of these fails: no error, the
  // graph is opened as it is then.
  for (const uint32_t length : {5U, 7U}) {
    const TokenBatch batch{.token_ids = std::vector<int64_t>(2 * length, 0),
                           .row_begin = {0, length, 2 * length}};
    Ort::RunOptions silent;
    silent.SetRunLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
    VETOR_RETURN_IF_ERROR(RunOn(session_.session.get(), batch, std::move(silent)).status());
  }
  return Status();
}

Result<std::unique_ptr<Backend>> Open(const RuntimeLibrary& runtime,
                                      const OnnxBackendOptions& options) {
  VETOR_ASSIGN_OR_RETURN(OnnxSession session, StartSession(runtime, options));
  for (const std::string& reason : session.skipped) {
    Log(LogLevel::kWarning, "execution provider passed over: {}", reason);
  }
  BackendTraits traits{
      .backend = "onnx",
      .provider = session.provider,
      .precision = options.precision,
      .library = "onnxruntime " + runtime.version,
      .input = BackendInput::kTokenIds,
      .output_axis = session.signature.text_vectors ? OutputAxis::kTexts : OutputAxis::kTokens,
      .width = 0,
      .equal_lengths = true,
      // A graph that pools adds up in another order when there are several rows, so that a vector's
      // last bits would depend on its batch; the scales of dynamic int8 span the whole batch.
      .max_rows = options.dynamic_int8 || session.signature.text_vectors ? size_t{1} : size_t{0},
      .max_tokens = options.max_tokens,
  };
  auto backend = std::make_unique<OnnxBackend>(std::move(session), std::move(traits));
  VETOR_RETURN_IF_ERROR(backend->Probe().WithContext(options.graph.string()));
  return std::unique_ptr<Backend>(std::move(backend));
}

// A graph that was read by nobody before.
Result<std::shared_ptr<const GraphFiles>> MapGraph(const std::filesystem::path& graph) {
  auto files = std::make_shared<GraphFiles>();
  VETOR_ASSIGN_OR_RETURN(files->graph,
                         MapModelFile(graph, "the model's graph", "download or export it again"));
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
