#include "vetor/status.h"

#include <array>
#include <cstddef>

#include "base/process_end.h"

namespace vetor {

const StatusCodeInfo& DescribeStatusCode(StatusCode code) {
  // In the order of the enum. 499 is nginx's "client closed request".
  static constexpr std::array<StatusCodeInfo, 12> kTable{{
      {"OK", 0, 200, ""},
      {"CANCELLED", 1, 499, "Cancelled"},
      {"INVALID_ARGUMENT", 2, 400, "InvalidArgument"},
      {"DEADLINE_EXCEEDED", 1, 504, "DeadlineExceeded"},
      {"NOT_FOUND", 2, 404, "NotFound"},
      {"PERMISSION_DENIED", 2, 403, "PermissionDenied"},
      {"RESOURCE_EXHAUSTED", 1, 429, "ResourceExhausted"},
      {"FAILED_PRECONDITION", 1, 409, "FailedPrecondition"},
      {"UNAVAILABLE", 1, 503, "Unavailable"},
      {"UNIMPLEMENTED", 2, 501, "Unimplemented"},
      {"DATA_LOSS", 1, 500, "DataLoss"},
      {"INTERNAL", 1, 500, "Internal"},
  }};
  return kTable.at(static_cast<std::size_t>(code));
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  return std::string(DescribeStatusCode(code_).name) + ": " + message_;
}

Status Status::WithContext(std::string_view context) const {
  if (ok()) return *this;
  std::string message(context);
  message += ": ";
  message += message_;
  return Status(code_, std::move(message));
}

Status CancelledError(std::string message) {
  return Status(StatusCode::kCancelled, std::move(message));
}
Status InvalidArgumentError(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}
Status DeadlineExceededError(std::string message) {
  return Status(StatusCode::kDeadlineExceeded, std::move(message));
}
Status NotFoundError(std::string message) {
  return Status(StatusCode::kNotFound, std::move(message));
}
Status PermissionDeniedError(std::string message) {
  return Status(StatusCode::kPermissionDenied, std::move(message));
}
Status ResourceExhaustedError(std::string message) {
  return Status(StatusCode::kResourceExhausted, std::move(message));
}
Status FailedPreconditionError(std::string message) {
  return Status(StatusCode::kFailedPrecondition, std::move(message));
}
Status UnavailableError(std::string message) {
  return Status(StatusCode::kUnavailable, std::move(message));
}
Status UnimplementedError(std::string message) {
  return Status(StatusCode::kUnimplemented, std::move(message));
}
Status DataLossError(std::string message) {
  return Status(StatusCode::kDataLoss, std::move(message));
}
Status InternalError(std::string message) {
  return Status(StatusCode::kInternal, std::move(message));
}

void EndWithoutValue(const Status& status) {
  EndProcess("the program took the value of a Result that is an error: " + status.ToString(),
             "check ok() before you take the value");
}

}  // namespace vetor
