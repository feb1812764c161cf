#include "backend/onnx/alone_session.h"

#include <utility>

#include "base/log.h"

namespace vetor {
namespace {

constexpr int kAskedBeforeOpening = 4;

}  // namespace

AloneSession::AloneSession(std::function<std::unique_ptr<Ort::Session>()> open)
    : open_(std::move(open)) {}

Ort::Session* AloneSession::ForBatch() {
  Ort::Session* session = ready_.load(std::memory_order_acquire);
  if (session != nullptr || ++asked_ != kAskedBeforeOpening) return session;
  opener_ = std::jthread([this] {
    try {
      session_ = open_();
      ready_.store(session_.get(), std::memory_order_release);
    } catch (const Ort::Exception& error) {
      Log(LogLevel::kDebug, "no session for lonely texts: {}", error.what());
    }
  });
  return nullptr;
}

}  // namespace vetor
