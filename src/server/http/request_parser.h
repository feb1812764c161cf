// One request out of bytes: its head through Boost.Beast and head_rules.h, its body by
// Content-Length or in chunks.
//
// Sees no socket and no clock. For one request and one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/chunked_body.h"
#include "server/http/head_rules.h"
#include "server/http/message.h"

namespace vetor {

class RequestParser {
 public:
  struct Limits {
    size_t head_bytes = 64U << 10;
    size_t target_bytes = 16U << 10;
    size_t fields = 200;
    uint64_t body_bytes = 32ULL << 20;
  };
  enum class Stage { kHead, kBody, kDone, kRefused };

  explicit RequestParser(const Limits& limits)
      : limits_(limits), chunked_body_(limits.body_bytes) {}

  /// Reads from `bytes` and returns how many of them were used up. A head is used up as a whole:
  /// until it is complete the caller keeps its bytes and calls again with these and more. Stops at
  /// the end of the head, so that it can be looked at before the body is read. Bytes behind kDone
  /// belong to the next request.
  size_t Feed(std::string_view bytes);

  Stage stage() const { return stage_; }
  /// Whether a byte of the request was seen.
  bool begun() const { return begun_; }
  /// REQUIRES: the stage is kRefused.
  const HttpRefusal& refusal() const { return *refusal_; }

  /// Valid from kBody on, and as far as it was read after kRefused.
  HttpRequestHead& head() { return head_; }
  const RequestFraming& framing() const { return framing_; }
  std::string& body() { return body_; }

  /// The data of the body is read and dropped from here on.
  void DropBody() { drops_body_ = true; }

 private:
  size_t FeedHead(std::string_view bytes);
  size_t FeedBody(std::string_view bytes);
  void ReadHead(std::string_view head);
  void Refuse(HttpRefusal refusal);
  void RefuseUnread(HttpRefusal refusal, std::string_view head);

  const Limits limits_;
  Stage stage_ = Stage::kHead;
  bool begun_ = false;
  bool drops_body_ = false;
  HeadScan scan_;
  std::optional<HttpRefusal> refusal_;
  HttpRequestHead head_;
  RequestFraming framing_;
  ChunkedBody chunked_body_;
  uint64_t body_left_ = 0;
  std::string body_;
};

}  // namespace vetor
