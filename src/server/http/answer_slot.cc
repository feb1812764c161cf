#include "server/http/answer_slot.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "server/http/connection.h"
#include "server/http/event_loop.h"

namespace vetor {
namespace {

struct ResponderHandle {
  explicit ResponderHandle(std::shared_ptr<AnswerSlot> slot_in) : slot(std::move(slot_in)) {}
  ~ResponderHandle() { slot->Put({.status = 500, .close = true}); }
  ResponderHandle(const ResponderHandle&) = delete;
  ResponderHandle& operator=(const ResponderHandle&) = delete;

  std::shared_ptr<AnswerSlot> slot;
};

}  // namespace

AnswerSlot::AnswerSlot(std::shared_ptr<EventLoop> loop, std::weak_ptr<Connection> connection)
    : loop_(std::move(loop)), connection_(std::move(connection)) {}

void AnswerSlot::Put(HttpResponse response) noexcept {
  {
    const MutexLock lock(&mutex_);
    if (answered_) return;
    answered_ = true;
    response_ = std::move(response);
  }
  // In its own thread the connection looks at the slot as soon as the handler returns.
  if (loop_->io().get_executor().running_in_this_thread()) {
    if (const auto connection = connection_.lock()) connection->Wake();
    return;
  }
  try {
    boost::asio::post(loop_->io(), [weak = connection_] {
      if (const auto connection = weak.lock()) connection->Wake();
    });
  } catch (const std::exception&) {
    return;
  }
}

std::optional<HttpResponse> AnswerSlot::Take() {
  const MutexLock lock(&mutex_);
  return std::exchange(response_, std::nullopt);
}

HttpResponder AnswerSlot::MakeResponder(std::shared_ptr<AnswerSlot> slot) {
  return [handle = std::make_shared<ResponderHandle>(std::move(slot))](HttpResponse response) {
    handle->slot->Put(std::move(response));
  };
}

}  // namespace vetor
