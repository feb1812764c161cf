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

  explicit UserFunction(Kind kind);
  ~UserFunction();
  UserFunction(const UserFunction&) = delete;
  UserFunction& operator=(const UserFunction&) = delete;

 private:
  const Kind before_;
};

/// FAILED_PRECONDITION in a function of the user's that a worker runs: a call that waits for the
/// workers would wait for this thread, in the middle of its batch.
Status CheckMayWait();

}  // namespace vetor
