#include "server/api/error_shape.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "base/utf8.h"
#include "engine/long_text.h"

namespace vetor {
namespace {

std::string_view OpenAiType(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    case 503:
      return "service_unavailable_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

std::string_view TeiType(const ApiError& error) {
  if (error.empty_input) return "Empty";
  if (error.status == 429) return "Overloaded";
  if (error.status == 503) return "Unhealthy";
  return error.status >= 500 ? "Backend" : "Validation";
}

std::string StringOrNull(std::string_view text) { return text.empty() ? "null" : JsonString(text); }

std::string Body(Family family, const ApiError& error) {
  const std::string message = JsonString(error.message);
  switch (family) {
    case Family::kOpenAi:
      return fmt::format(R"({{"error":{{"message":{},"type":"{}","param":{},"code":{}}}}})",
                         message, OpenAiType(error.status), StringOrNull(error.param),
                         StringOrNull(error.code));
    case Family::kTei:
      return fmt::format(R"({{"error":{},"error_type":"{}"}})", message, TeiType(error));
    case Family::kCohere:
      return fmt::format(R"({{"message":{}}})", message);
    case Family::kPlain:
    case Family::kOllama:
      break;
  }
  return fmt::format(R"({{"error":{}}})", message);
}

// What will be the same next time. 503 and 504 pass.
bool IsPermanent(int status) { return status == 500 || status == 501 || status == 505; }

// A client has no setting on_long; it has a field, and the server that it asks has the setting.
std::string LongTextInWordsOf(Family family, std::string message) {
  if (!message.ends_with(kLongTextRemedy)) return message;
  message.resize(message.size() - kLongTextRemedy.size());
  const std::string_view cuts = family == Family::kCohere ? R"("END" or "START")" : "true";
  return message + fmt::format(
                       "shorten it, or send \"truncate\": {}; for requests without "
                       "\"truncate\" the server's setting ai.onnx.on_long decides",
                       cuts);
}

}  // namespace

ApiError BadRequest(Family family, std::string message, std::string param) {
  return {.status = family == Family::kTei ? 422 : 400,
          .message = std::move(message),
          .param = std::move(param)};
}

ApiError ErrorFromStatus(Family family, const Status& status) {
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      return BadRequest(family, LongTextInWordsOf(family, status.message()));
    case StatusCode::kCancelled:
      return {.status = 503,
              .message = "the server stops: " + status.message(),
              .retry_after = kRetryAfter};
    case StatusCode::kNotFound:
      return {.status = 404, .message = status.message()};
    case StatusCode::kResourceExhausted:
      return {.status = 429, .message = status.message(), .retry_after = kRetryAfter};
    case StatusCode::kUnavailable:
      return {.status = 503, .message = status.message(), .retry_after = kRetryAfter};
    case StatusCode::kDeadlineExceeded:
      return {.status = 504,
              .message = status.message() +
                         "; send fewer texts per request, or raise ai.server.request_timeout_ms"};
    default:
      return {.status = DescribeStatusCode(status.code()).http_status, .message = status.message()};
  }
}

HttpResponse ErrorAnswer(Family family, const ApiError& error) {
  HttpResponse answer = JsonAnswer(Body(family, error), error.status);
  if (error.retry_after) {
    const auto ms = error.retry_after->count();
    answer.fields.push_back({"Retry-After", std::to_string((ms + 999) / 1000)});
    answer.fields.push_back({"retry-after-ms", std::to_string(ms)});
  }
  if (IsPermanent(error.status)) answer.fields.push_back({"x-should-retry", "false"});
  return answer;
}

HttpResponse JsonAnswer(std::string body, int status) {
  return {
      .status = status, .fields = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

std::string JsonString(std::string_view text) {
  if (FindInvalidUtf8(text) != kValidUtf8) {
    return boost::json::serialize(boost::json::string(ReplaceInvalidUtf8(text)));
  }
  return boost::json::serialize(boost::json::string(text));
}

}  // namespace vetor
