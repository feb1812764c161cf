#include "server/http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

namespace vetor {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

/// Some clients send an empty line behind the body of the request before (RFC 9112, section 2.2).
constexpr size_t kMaxEmptyLines = 2;

/// Gives the parts of a head as they stand there, in order and with duplicates.
class HeadParser final : public http::basic_parser<true> {
 public:
  HeadParser(size_t max_fields, HttpRequestHead* head) : max_fields_(max_fields), head_(head) {}

  const std::string& target() const { return target_; }
  int version() const { return version_; }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head_->method.assign(method.data(), method.size());
    target_.assign(target.data(), target.size());
    version_ = version;
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code& error) override {
    if (head_->fields.size() >= max_fields_) {
      error = http::error::header_limit;
      return;
    }
    head_->fields.push_back(
        {std::string(name.data(), name.size()), std::string(value.data(), value.size())});
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  const size_t max_fields_;
  HttpRequestHead* const head_;
  std::string target_;
  int version_ = 11;
};

/// Whether the first line ends in a version of HTTP, only not in one that is served.
bool NamesAVersion(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\r'));
  const size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view version = line.substr(space + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
         version[6] == '.' && is_digit(version[7]);
}

HttpRefusal RefusalOf(error_code error, std::string_view head) {
  if (error == http::error::header_limit) return {431, "the request has too many header fields"};
  if (error == http::error::bad_version && NamesAVersion(head)) {
    return {505, "the version of HTTP is not 1.1 or 1.0"};
  }
  return {400, "the head of the request breaks a rule of HTTP: " + error.message()};
}

}  // namespace

// The path of a head that broke a rule, if its first line can be read: the family of routes that it
// belongs to has the form of the answer.
void RequestParser::RefuseUnread(HttpRefusal refusal, std::string_view head) {
  Refuse(std::move(refusal));
  const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  const size_t method_end = line.find(' ');
  if (method_end == std::string_view::npos) return;
  const size_t target_end = line.find(' ', method_end + 1);
  if (target_end == std::string_view::npos || target_end > limits_.target_bytes) return;
  HttpRequestHead first_line{.method = std::string(line.substr(0, method_end))};
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  if (!ReadTarget(target, &first_line)) head_.path = std::move(first_line.path);
}

void RequestParser::Refuse(HttpRefusal refusal) {
  refusal_ = std::move(refusal);
  stage_ = Stage::kRefused;
}

size_t RequestParser::Feed(std::string_view bytes) {
  if (stage_ == Stage::kHead) return FeedHead(bytes);
  return stage_ == Stage::kBody ? FeedBody(bytes) : 0;
}

size_t RequestParser::FeedHead(std::string_view bytes) {
  size_t skipped = 0;
  while (!begun_ && skipped < 2 * kMaxEmptyLines && bytes.substr(skipped).starts_with("\r\n")) {
    skipped += 2;
  }
  bytes.remove_prefix(skipped);
  if (bytes.empty() || bytes == "\r") return skipped;
  begun_ = true;
  const size_t end = FindHeadEnd(bytes, &scan_);
  if (scan_.refusal) {
    RefuseUnread(*scan_.refusal, bytes);
    return skipped;
  }
  if (end > 0 && end <= limits_.head_bytes) {
    ReadHead(bytes.substr(0, end));
    return skipped + end;
  }
  if (end > 0 || bytes.size() >= limits_.head_bytes) {
    const size_t line_end = bytes.find("\r\n");
    if (line_end == std::string_view::npos || line_end > limits_.target_bytes) {
      Refuse({414, "the target of the request is longer than " +
                       std::to_string(limits_.target_bytes) + " bytes"});
    } else {
      RefuseUnread({431, "the head of the request is longer than " +
                             std::to_string(limits_.head_bytes) + " bytes"},
                   bytes);
    }
  }
  return skipped;
}

void RequestParser::ReadHead(std::string_view head) {
  HeadParser parser(limits_.fields, &head_);
  parser.eager(false);
  parser.header_limit(static_cast<std::uint32_t>(limits_.head_bytes + 1));
  parser.body_limit(boost::none);
  error_code error;
  const size_t used = parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error) return RefuseUnread(RefusalOf(error, head), head);
  if (!parser.is_header_done() || used != head.size()) {
    return Refuse({400, "the head of the request ends before its empty line"});
  }
  if (parser.target().size() > limits_.target_bytes) {
    return Refuse({414, "the target of the request is longer than " +
                            std::to_string(limits_.target_bytes) + " bytes"});
  }
  if (auto refusal = ReadTarget(parser.target(), &head_)) return Refuse(*std::move(refusal));
  if (auto refusal = ReadFraming(head_, parser.version(), &framing_)) {
    return Refuse(*std::move(refusal));
  }
  if (framing_.content_length > limits_.body_bytes) {
    return Refuse({413, "the body has " + std::to_string(framing_.content_length) +
                            " bytes; at most " + std::to_string(limits_.body_bytes) +
                            " are read (ai.server.max_body_mb)"});
  }
  body_left_ = framing_.content_length;
  stage_ = framing_.has_body() ? Stage::kBody : Stage::kDone;
}

size_t RequestParser::FeedBody(std::string_view bytes) {
  if (framing_.chunked) {
    const size_t used = chunked_body_.Feed(bytes, &body_);
    if (chunked_body_.refusal()) Refuse(*chunked_body_.refusal());
    if (chunked_body_.done()) stage_ = Stage::kDone;
    if (drops_body_) body_.clear();
    return used;
  }
  const auto used = static_cast<size_t>(std::min<uint64_t>(body_left_, bytes.size()));
  if (!drops_body_) body_.append(bytes.substr(0, used));
  body_left_ -= used;
  if (body_left_ == 0) stage_ = Stage::kDone;
  return used;
}

}  // namespace vetor
