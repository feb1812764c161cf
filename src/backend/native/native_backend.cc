#include "backend/native/native_backend.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/thread_annotations.h"
#include "encoder/forward/forward_pass.h"
#include "encoder/forward/packed_encoder.h"
#include "os/log.h"

namespace vetor {
namespace {

// Tokens of a batch, which one worker takes through all layers at once. More tokens gain nothing,
// and let the workers end further apart.
constexpr size_t kBatchTokens = 256;

// Multiplications that are worth one more core: 0.2 ms of its time.
constexpr double kWorkPerCore = 1e7;

// Bytes of a workspace that are kept between runs; a larger one is freed.
constexpr size_t kKeptBytes = size_t{64} << 20;

/// The memory of a running pass, and of its output.
struct Workspace {
  PassScratch scratch;
  PageMemory states;
};

/// Workspaces that no run uses. The pool lives as long as the backend or any of its outputs.
class WorkspacePool {
 public:
  std::unique_ptr<Workspace> Take() {
    const MutexLock lock(&mutex_);
    if (free_.empty()) return std::make_unique<Workspace>();
    std::unique_ptr<Workspace> workspace = std::move(free_.back());
    free_.pop_back();
    return workspace;
  }
  void Return(std::unique_ptr<Workspace> workspace) {
    if (workspace->scratch.bytes() + workspace->states.size() > kKeptBytes) return;
    const MutexLock lock(&mutex_);
    free_.push_back(std::move(workspace));
  }

 private:
  Mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_ VETOR_GUARDED_BY(mutex_);
};

// Four bytes of weights take about as long, whether they are one float or two bfloat16.
double MultiplicationsPerToken(const PackedEncoder& encoder) {
  return static_cast<double>(encoder.bytes()) / sizeof(float);
}

bool IsBf16(const KernelSet& kernels) { return kernels.operands == Operands::kBFloat16; }

std::string NumericsOf(const KernelSet& kernels) {
  std::string numerics = std::string("native ") + kNativeNumericsVersion;
  if (IsBf16(kernels)) numerics += std::string(" bf16 ") + kNativeBf16Version;
  return numerics;
}

class NativeBackend final : public Backend {
 public:
  NativeBackend(PackedEncoder encoder, const NativeBackendOptions& options)
      : encoder_(std::move(encoder)),
        traits_{.backend = "onnx",
                .provider = "CPUExecutionProvider",
                .precision = IsBf16(encoder_.kernels()) ? "bf16" : "fp32",
                .library = std::string("native (") + encoder_.kernels().name + ")",
                .numerics = NumericsOf(encoder_.kernels()),
                .output_axis = OutputAxis::kTokens,
                .width = encoder_.hidden(),
                .equal_lengths = false,
                .max_tokens = kBatchTokens},
        team_(static_cast<size_t>(std::max(1, options.alone_threads))) {}

  const BackendTraits& traits() const override { return traits_; }
  Result<BackendOutput> Run(const TokenBatch& batch) override;

 private:
  Status CheckFiles();
  CoreTeam* TeamFor(const TokenBatch& batch);

  const PackedEncoder encoder_;
  const BackendTraits traits_;
  CoreTeam team_;
  std::atomic<bool> spent_ = false;  ///< The model's files were written into.
  const std::shared_ptr<WorkspacePool> pool_ = std::make_shared<WorkspacePool>();
};

// One change is final: the packed weights no longer match the files.
Status NativeBackend::CheckFiles() {
  Status status = encoder_.encoder().weights->Unchanged();
  if (!status.ok()) spent_ = true;
  if (!status.ok() || !spent_) return status;
  return DataLossError("the model's files were written into while they were in use; open it again");
}

CoreTeam* NativeBackend::TeamFor(const TokenBatch& batch) {
  if (!batch.alone || team_.members() < 2) return nullptr;
  const double work = static_cast<double>(batch.tokens()) * MultiplicationsPerToken(encoder_);
  return work < kWorkPerCore * static_cast<double>(team_.members()) ? nullptr : &team_;
}

Result<BackendOutput> NativeBackend::Run(const TokenBatch& batch) {
  VETOR_RETURN_IF_ERROR(CheckFiles());
  const size_t floats = batch.tokens() * traits_.width;
  std::shared_ptr<Workspace> workspace(pool_->Take().release(), [pool = pool_](Workspace* used) {
    pool->Return(std::unique_ptr<Workspace>(used));
  });
  if (workspace->states.size() < floats * sizeof(float)) {
    VETOR_ASSIGN_OR_RETURN(workspace->states, PageMemory::Allocate(floats * sizeof(float)));
  }
  std::vector<TextTokens> texts(batch.rows());
  for (size_t r = 0; r < batch.rows(); ++r) {
    texts[r].ids = batch.row(r);
    if (batch.token_type_ids.empty()) continue;
    texts[r].types = std::span(batch.token_type_ids)
                         .subspan(batch.row_begin[r], batch.row_begin[r + 1] - batch.row_begin[r]);
  }
  const std::span<float> states(workspace->states.floats(), floats);
  VETOR_RETURN_IF_ERROR(
      RunForwardPass(encoder_, texts, &workspace->scratch, TeamFor(batch), states));
  VETOR_RETURN_IF_ERROR(CheckFiles());
  return BackendOutput{.values = states,
                       .width = traits_.width,
                       .axis = OutputAxis::kTokens,
                       .owner = std::move(workspace)};
}

}  // namespace

Result<std::unique_ptr<Backend>> OpenNativeBackend(const NativeBackendOptions& options) {
  const KernelSet* kernels = options.kernels;
  if (kernels == nullptr) {
    VETOR_ASSIGN_OR_RETURN(kernels, ChooseKernelSet(options.operands));
  }
  VETOR_ASSIGN_OR_RETURN(PackedEncoder packed,
                         PackedEncoder::Pack(*options.encoder, *kernels, options.threads));
  // The rows of the word table that texts need are read again, page by page.
  options.encoder->weights->DropPages();
  VETOR_RETURN_IF_ERROR(options.encoder->weights->Unchanged());
  Log(LogLevel::kDebug, "weights packed: {} layers for {}", options.encoder->layers.size(),
      kernels->name);
  return std::unique_ptr<Backend>(std::make_unique<NativeBackend>(std::move(packed), options));
}

}  // namespace vetor
