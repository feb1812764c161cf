// A body in chunks (RFC 9112, section 7.1), read strictly: what one server could read otherwise
// than another is refused, and extensions and trailers are bounded and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/head_rules.h"

namespace vetor {

/// For one body and one thread. Sees no socket: bytes come in pieces of any size.
class ChunkedBody {
 public:
  /// Bytes of extensions and trailers together that one body may have.
  static constexpr size_t kMaxExtraBytes = 16U << 10;

  explicit ChunkedBody(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  /// Appends the data of the chunks in `bytes` to `body` and returns how many of them belong to
  /// this body: all of them until it is done() or refused.
  size_t Feed(std::string_view bytes, std::string* body);

  bool done() const { return state_ == State::kDone; }
  const std::optional<HttpRefusal>& refusal() const { return refusal_; }

 private:
  enum class State {
    kFirstDigit,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kLastLf,
    kDone,
  };

  void Take(char c);
  void TakeSize(char c);
  void TakeExtra(char c, State end);
  void Expect(char c, char wanted, State next);
  void Refuse(int status, std::string reason);

  const uint64_t max_bytes_;
  State state_ = State::kFirstDigit;
  std::optional<HttpRefusal> refusal_;
  uint64_t chunk_left_ = 0;
  uint64_t total_ = 0;
  int size_digits_ = 0;
  size_t extra_ = 0;
};

}  // namespace vetor
