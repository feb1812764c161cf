// Where the answer to one request arrives, from whatever thread, and how it reaches its connection.
#pragma once

#include <memory>
#include <optional>

#include "base/thread_annotations.h"
#include "server/http/request_handler.h"

namespace vetor {

class Connection;
class EventLoop;

/// Thread-safe.
class AnswerSlot {
 public:
  /// Keeps the loop, not the connection: an answer may come after its client has gone, and after
  /// the server has ended.
  AnswerSlot(std::shared_ptr<EventLoop> loop, std::weak_ptr<Connection> connection);

  /// Keeps the first answer, and wakes the connection in its loop. Throws nothing. If memory is
  /// refused for the wake, the connection finds the answer when deadlines are checked.
  void Put(HttpResponse response) noexcept VETOR_EXCLUDES(mutex_);

  /// The answer, once; null before it came.
  std::optional<HttpResponse> Take() VETOR_EXCLUDES(mutex_);

  /// What a handler calls. When its last copy is destroyed without a call, the answer is 500.
  static HttpResponder MakeResponder(std::shared_ptr<AnswerSlot> slot);

 private:
  const std::shared_ptr<EventLoop> loop_;
  const std::weak_ptr<Connection> connection_;
  Mutex mutex_;
  bool answered_ VETOR_GUARDED_BY(mutex_) = false;
  std::optional<HttpResponse> response_ VETOR_GUARDED_BY(mutex_);
};

}  // namespace vetor
