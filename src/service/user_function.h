// Notes which function of the user this thread runs now. Workers call progress functions and the
// callbacks of EmbedAsync, which must not make a call that waits for the workers.
#pragma once

#include <cstdint>

#include "vetor/status.h"

namespace vetor {

/// While it lives, this thread runs a function of that kind.
class UserFunction {
 public:
  enum class Kind : uint8_t { kNone, kProgress, kCallback, kAdmit };

  explicit UserFunction(Kind kind) : before_(running) { running = kind; }
  ~UserFunction() { running = before_; }
  UserFunction(const UserFunction&) = delete;
  UserFunction& operator=(const UserFunction&) = delete;

  /// FAILED_PRECONDITION inside such a function: a call that waits for the workers would wait for
  /// this thread, which is in the middle of a batch.
  static Status CheckNone() { return running == Kind::kNone ? Status() : Refusal(running); }

 private:
  static Status Refusal(Kind kind);

  // Defined in the header, so that the check costs a call one load.
  static inline thread_local constinit Kind running = Kind::kNone;
  const Kind before_;
};

}  // namespace vetor
