#include "service/user_function.h"

namespace vetor {

Status UserFunction::Refusal(Kind kind) {
  if (kind == Kind::kCallback) {
    return FailedPreconditionError(
        "Embed was called by a callback of EmbedAsync, which runs on a worker; call EmbedAsync "
        "there, or Embed from another thread");
  }
  if (kind == Kind::kAdmit) {
    return FailedPreconditionError(
        "Embed was called by option admit of another call, which must not wait; decide there by "
        "what is known");
  }
  return FailedPreconditionError(
      "Embed was called by a progress function, which runs in the middle of a batch; keep the "
      "texts there, and embed them when the call has returned");
}

}  // namespace vetor
