// Errors as each family of routes writes them. Clients of a family read its shape and decide by its
// codes whether they try again, so both are kept to the letter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/message.h"
#include "vetor/status.h"

namespace vetor {

/// Whose clients a route is for.
enum class Family : uint8_t {
  kPlain,   ///< Our own: {"error": "..."}
  kOpenAi,  ///< {"error": {"message", "type", "param", "code"}}
  kTei,     ///< text-embeddings-inference: {"error", "error_type"}
  kCohere,  ///< {"message"}
  kOllama,  ///< {"error"}
};

struct ApiError {
  int status = 400;
  std::string message;
  std::string code = {};   ///< OpenAI's `code`, e.g. "model_not_found"; empty: null.
  std::string param = {};  ///< The field that is wrong; empty: null.
  /// For 429 and 503: when to try again, in Retry-After and retry-after-ms.
  std::optional<std::chrono::milliseconds> retry_after = {};
  bool empty_input = false;  ///< TEI's error_type "Empty", which has 400 and not 422.
};

/// A wrong value in the request: 422 for text-embeddings-inference, 400 for the others.
ApiError BadRequest(Family family, std::string message, std::string param = {});

/// What a failed call of the library is to the client. CANCELLED (the server stops) is 503.
ApiError ErrorFromStatus(Family family, const Status& status);

/// The answer, with the fields that clients decide by: Retry-After and retry-after-ms if there is a
/// time, and `x-should-retry: false` with 5xx that will be the same next time (500, 501, 505).
HttpResponse ErrorAnswer(Family family, const ApiError& error);

/// An answer of JSON. `status` as HTTP has it.
HttpResponse JsonAnswer(std::string body, int status = 200);

/// `text` as a JSON string, quotes included. Invalid UTF-8 becomes U+FFFD.
std::string JsonString(std::string_view text);

/// How long a refused client waits before its next try.
inline constexpr std::chrono::milliseconds kRetryAfter{1000};

}  // namespace vetor
