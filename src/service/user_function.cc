#include "service/user_function.h"

namespace vetor {
namespace {

thread_local UserFunction::Kind running = UserFunction::Kind::kNone;

}  // namespace

UserFunction::UserFunction(Kind kind) : before_(running) { running = kind; }
UserFunction::~UserFunction() { running = before_; }

Status CheckMayWait() {
  switch (running) {
    case UserFunction::Kind::kNone:
      return Status();
    case UserFunction::Kind::kProgress:
      return FailedPreconditionError(
          "Embed was called by a progress function, which runs in the middle of a batch; note "
          "there "
          "what is to be embedded and do it when the call has returned");
    case UserFunction::Kind::kCallback:
      return FailedPreconditionError(
          "Embed was called by a callback of EmbedAsync, which runs on a worker; call EmbedAsync "
          "there, or Embed from another thread");
  }
  return Status();
}

}  // namespace vetor
