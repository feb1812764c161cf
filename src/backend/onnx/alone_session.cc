#include "backend/onnx/alone_session.h"

#include <exception>
#include <utility>

#include "os/log.h"

namespace vetor {
namespace {

constexpr int kAskedBeforeOpening = 4;

}  // namespace

AloneSession::AloneSession(std::function<std::unique_ptr<Ort::Session>()> open)
    : open_(std::move(open)) {}

Ort::Session* AloneSession::ForBatch() {
  Ort::Session* session = ready_.load(std::memory_order_acquire);
  if (session != nullptr || ++asked_ != kAskedBeforeOpening) return session;
  if (!opener_.Start([this] { Open(); })) {
    // No more threads may be started (a limit of the user or the container), so batches run as
    // before.
    Log(LogLevel::kDebug,
        "no second session for batches that run alone: the system gives no thread");
  }
  return nullptr;
}

// An exception that leaves a thread would end the process, so it is caught here.
void AloneSession::Open() {
  try {
    session_ = open_();
    ready_.store(session_.get(), std::memory_order_release);
  } catch (const std::exception& error) {
    Log(LogLevel::kDebug, "no second session for batches that run alone: {}", error.what());
  }
}

}  // namespace vetor
