// Which function of the user's this thread runs now: workers call progress functions and the
// callbacks of EmbedAsync, and a call that waits for workers may not be made there.
#pragma once

#include <cstdint>

#include "vetor/status.h"

namespace vetor {

/// While it lives, this thread runs a function of that kind.
class UserFunction {
 public:
  enum class Kind : uint8_t { kNone, kProgress, kCallback };

  explicit UserFunction(Kind kind) : before_(running) { running = kind; }
  ~UserFunction() { running = before_; }
  UserFunction(const UserFunction&) = delete;
  UserFunction& operator=(const UserFunction&) = delete;

  /// FAILED_PRECONDITION in such a function: a call that waits for the workers would wait for this
  /// thread, in the middle of its batch.
  static Status CheckNone() { return running == Kind::kNone ? Status() : Refusal(running); }

 private:
  static Status Refusal(Kind kind);

  // In the header, so that the check of a call costs a load.
  static inline thread_local constinit Kind running = Kind::kNone;
  const Kind before_;
};

}  // namespace vetor
