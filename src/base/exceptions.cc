#include "base/exceptions.h"

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

namespace vetor {
namespace {

Status Describe(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError(
        "the system gives no more memory; embed fewer or shorter texts at once, or raise the "
        "memory limit");
  } catch (const std::length_error& error) {
    return ResourceExhaustedError(std::string("more memory than can be addressed is needed (") +
                                  error.what() + "); use a smaller number or fewer texts");
  } catch (const std::exception& error) {
    return InternalError(std::string("an unexpected error: ") + error.what());
  } catch (...) {
    return InternalError("an unexpected error without a message");
  }
}

}  // namespace

Status CurrentExceptionStatus() noexcept {
  try {
    return Describe(std::current_exception());
  } catch (...) {
    // Short enough to lie in the string itself.
    return Status(StatusCode::kResourceExhausted, "out of memory");
  }
}

}  // namespace vetor
