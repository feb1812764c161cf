// How vetor reports failure: Status and Result<T>. The library throws nothing and never ends the
// process, with one exception: a program that takes the value of a Result that has none.
//
// A message says what failed, where, what was expected and what was found, and what to do about it.
// Both types are values: copyable, movable, safe to hand between threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace vetor {

/// Canonical codes. One table (DescribeStatusCode) maps them to exit codes, HTTP and Python.
enum class StatusCode {
  kOk = 0,
  kCancelled,          ///< The caller gave up (stop token, Ctrl-C, disconnected client).
  kInvalidArgument,    ///< The input is wrong whatever the state: bad UTF-8, bad setting, bad file.
  kDeadlineExceeded,   ///< The caller's deadline passed before the work was done.
  kNotFound,           ///< A file, model, field or provider is not there.
  kPermissionDenied,   ///< A file is there, but this user may not read or write it.
  kResourceExhausted,  ///< A bound was reached: queue full, disk full, memory limit.
  kFailedPrecondition,  ///< The system is in the wrong state, e.g. the service was closed or
                        ///< forked.
  kUnavailable,         ///< A part that may come back is away: runtime library, network, cache.
  kUnimplemented,  ///< A well-formed request that vetor cannot serve, e.g. an unknown component.
  kDataLoss,       ///< Stored data is damaged: truncated model, checksum mismatch.
  kInternal,       ///< A bug in vetor or in a library below it.
};

/// What a code means to the world outside C++.
struct StatusCodeInfo {
  const char* name;              ///< "INVALID_ARGUMENT"
  int exit_code;                 ///< 1 the work failed, 2 usage or configuration
  int http_status;               ///< 400, 404, 429, 500, ...
  const char* python_exception;  ///< Class in the Python package `vetor`
};

/// The one table. Total over StatusCode.
const StatusCodeInfo& DescribeStatusCode(StatusCode code);

/// Success, or a code and a message.
class [[nodiscard]] Status {
 public:
  Status() = default;  ///< Success.
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// "INVALID_ARGUMENT: message", or "OK".
  std::string ToString() const;

  /// The same code with `context` in front of the message: "context: message".
  Status WithContext(std::string_view context) const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

Status CancelledError(std::string message);
Status InvalidArgumentError(std::string message);
Status DeadlineExceededError(std::string message);
Status NotFoundError(std::string message);
Status PermissionDeniedError(std::string message);
Status ResourceExhaustedError(std::string message);
Status FailedPreconditionError(std::string message);
Status UnavailableError(std::string message);
Status UnimplementedError(std::string message);
Status DataLossError(std::string message);
Status InternalError(std::string message);

/// Says on standard error that a value was taken that is not there, and why (`status`), and ends
/// the process (abort). Result calls it by itself.
[[noreturn]] void EndWithoutValue(const Status& status);

/// A value, or the Status that says why there is none. Ask ok() before you take the value: taking
/// one that is not there ends the process with the message, because nothing right could follow.
///
///   auto service = vetor::EmbeddingsService::Open(config);
///   if (!service.ok()) return Fail(service.status());
///   auto embeddings = (*service)->Embed(texts);
template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): `return value;`
  Result(T value) : value_(std::move(value)) {}
  /// A status that is OK has no value beside it and becomes INTERNAL.
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    if (status_.ok()) status_ = InternalError("a result was made of success without a value");
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status&& status() && { return std::move(status_); }

  T& value() & {
    if (!ok()) EndWithoutValue(status_);
    return *value_;
  }
  const T& value() const& {
    if (!ok()) EndWithoutValue(status_);
    return *value_;
  }
  T&& value() && {
    if (!ok()) EndWithoutValue(status_);
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace vetor
