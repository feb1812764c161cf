#include "server/http/chunked_body.h"

#include <algorithm>
#include <utility>

namespace vetor {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

size_t ChunkedBody::Feed(std::string_view bytes, std::string* body) {
  size_t used = 0;
  while (used < bytes.size() && !done() && !refusal_) {
    if (state_ != State::kData) {
      Take(bytes[used++]);
      continue;
    }
    const auto piece = static_cast<size_t>(std::min<uint64_t>(chunk_left_, bytes.size() - used));
    body->append(bytes.substr(used, piece));
    used += piece;
    chunk_left_ -= piece;
    if (chunk_left_ == 0) state_ = State::kDataCr;
  }
  return used;
}

void ChunkedBody::Refuse(int status, std::string reason) {
  refusal_ = HttpRefusal{status, std::move(reason)};
}

void ChunkedBody::Expect(char c, char wanted, State next) {
  if (c == wanted) {
    state_ = next;
  } else {
    Refuse(400, "a chunk of the body does not end in CR LF");
  }
}

void ChunkedBody::TakeSize(char c) {
  const int digit = HexValue(c);
  if (digit >= 0) {
    chunk_left_ = chunk_left_ * 16 + static_cast<uint64_t>(digit);
    state_ = State::kSize;
    // The sum cannot overflow: both parts are at most the limit, or the request is refused.
    if (chunk_left_ > max_bytes_ || total_ + chunk_left_ > max_bytes_) {
      Refuse(413, "the body is larger than " + std::to_string(max_bytes_) + " bytes");
    }
    if (++size_digits_ > 16) Refuse(400, "the size of a chunk has more than 16 digits");
    return;
  }
  if (state_ == State::kFirstDigit || (c != '\r' && c != ';')) {
    Refuse(400, "the size of a chunk is not a hexadecimal number");
    return;
  }
  state_ = c == ';' ? State::kExtension : State::kSizeLf;
}

void ChunkedBody::TakeExtra(char c, State end) {
  if (c == '\r') {
    state_ = end;
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
    Refuse(400, "an extension of a chunk or a trailer has a control character");
  } else if (++extra_ > kMaxExtraBytes) {
    Refuse(431, "the extensions of chunks and the trailers are longer than " +
                    std::to_string(kMaxExtraBytes) + " bytes");
  }
}

void ChunkedBody::Take(char c) {
  switch (state_) {
    case State::kFirstDigit:
    case State::kSize:
      return TakeSize(c);
    case State::kExtension:
      return TakeExtra(c, State::kSizeLf);
    case State::kSizeLf:
      total_ += chunk_left_;
      size_digits_ = 0;
      return Expect(c, '\n', chunk_left_ > 0 ? State::kData : State::kTrailerStart);
    case State::kDataCr:
      return Expect(c, '\r', State::kDataLf);
    case State::kDataLf:
      return Expect(c, '\n', State::kFirstDigit);
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kLastLf;
        return;
      }
      if (c == ' ' || c == '\t') return Refuse(400, "a trailer begins with white space");
      state_ = State::kTrailer;
      return TakeExtra(c, State::kTrailerLf);
    case State::kTrailer:
      return TakeExtra(c, State::kTrailerLf);
    case State::kTrailerLf:
      return Expect(c, '\n', State::kTrailerStart);
    case State::kLastLf:
      return Expect(c, '\n', State::kDone);
    case State::kData:
    case State::kDone:
      return;
  }
}

}  // namespace vetor
