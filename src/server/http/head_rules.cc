#include "server/http/head_rules.h"

#include <charconv>

#include "base/ascii.h"
#include "base/utf8.h"

namespace vetor {
namespace {

HttpRefusal Bad(std::string reason) { return {400, std::move(reason)}; }

bool IsControl(unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }

/// Whether the list "a, b" of any field `name` has the member `wanted`.
bool ListHas(const HttpRequestHead& head, std::string_view name, std::string_view wanted) {
  for (const HttpField& field : head.fields) {
    if (!EqualFieldNames(field.name, name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      if (EqualFieldNames(TrimBlanks(rest.substr(0, comma)), wanted)) return true;
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

size_t Count(const HttpRequestHead& head, std::string_view name) {
  size_t count = 0;
  for (const HttpField& field : head.fields) count += EqualFieldNames(field.name, name) ? 1 : 0;
  return count;
}

bool IsHost(std::string_view host) {
  for (const char c : host) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') ||
                         std::string_view("-._~[]:%!$&'()*+;=").find(c) != std::string_view::npos;
    if (!allowed) return false;
  }
  const size_t name = WithoutPort(host).size();
  return name == host.size() ||
         host.find_first_not_of("0123456789", name + 1) == std::string_view::npos;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<HttpRefusal> DecodePath(std::string_view raw, std::string* path) {
  path->clear();
  path->reserve(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      const int high = i + 1 < raw.size() ? HexValue(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? HexValue(raw[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return Bad("the path has a '%' that two hexadecimal digits do not follow");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (IsControl(static_cast<unsigned char>(c)) || c == '\t') {
      return Bad("the path has a control character");
    }
    path->push_back(c);
  }
  if (FindInvalidUtf8(*path) != kValidUtf8) return Bad("the path is not valid UTF-8");
  return std::nullopt;
}

std::optional<HttpRefusal> ReadContentLength(const HttpRequestHead& head, uint64_t* length) {
  const size_t count = Count(head, "Content-Length");
  if (count == 0) return std::nullopt;
  if (count > 1) return Bad("the request has several Content-Length fields; send one");
  const std::string_view value = *head.Find("Content-Length");
  if (value.find_first_not_of("0123456789") != std::string_view::npos || value.empty()) {
    return Bad("Content-Length is not a number of digits only");
  }
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *length);
  if (error != std::errc()) return HttpRefusal{413, "Content-Length is too large for any body"};
  return std::nullopt;
}

std::optional<HttpRefusal> CheckHost(const HttpRequestHead& head, int version) {
  const size_t count = Count(head, "Host");
  if (count > 1) return Bad("the request has several Host fields; send one");
  if (count == 0) {
    if (version == 10) return std::nullopt;
    return Bad("the request has no Host field, which HTTP/1.1 wants");
  }
  if (!IsHost(*head.Find("Host"))) return Bad("Host is not a name or an address with a port");
  return std::nullopt;
}

std::optional<HttpRefusal> ReadTransferEncoding(const HttpRequestHead& head, int version,
                                                bool* chunked) {
  const size_t count = Count(head, "Transfer-Encoding");
  if (count == 0) return std::nullopt;
  if (version == 10) return Bad("Transfer-Encoding does not exist in HTTP/1.0");
  if (count > 1 || !EqualFieldNames(*head.Find("Transfer-Encoding"), "chunked")) {
    return Bad("Transfer-Encoding is not \"chunked\", the only one that is read here");
  }
  if (Count(head, "Content-Length") > 0) {
    return Bad("the request has Content-Length beside Transfer-Encoding; send one of them");
  }
  *chunked = true;
  return std::nullopt;
}

}  // namespace

std::string_view WithoutPort(std::string_view host) {
  const size_t colon = host.rfind(':');
  const size_t bracket = host.rfind(']');
  if (colon == std::string_view::npos) return host;
  if (bracket != std::string_view::npos && colon < bracket) return host;
  return host.substr(0, colon);
}

size_t FindHeadEnd(std::string_view bytes, HeadScan* scan) {
  for (size_t& i = scan->looked_at; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c >= 0x20 && c != 0x7f) [[likely]] {
      if (i > 0 && bytes[i - 1] == '\r') {
        scan->refusal = Bad("a line of the head has a CR that LF does not follow");
        return 0;
      }
      if (c == ' ' && i > 0 && bytes[i - 1] == '\n') {
        scan->refusal = Bad("a line of the head begins with white space (obs-fold)");
        return 0;
      }
      continue;
    }
    if (c == '\n') {
      if (i == 0 || bytes[i - 1] != '\r') {
        scan->refusal = Bad("a line of the head ends in LF without CR");
        return 0;
      }
      if (i >= 3 && bytes[i - 2] == '\n') return i + 1;
    } else if (c == '\t') {
      if (i > 0 && (bytes[i - 1] == '\n' || bytes[i - 1] == '\r')) {
        scan->refusal = Bad("a line of the head begins with white space (obs-fold)");
        return 0;
      }
    } else if (c != '\r' || (i > 0 && bytes[i - 1] == '\r')) {
      scan->refusal = Bad("the head has a control character");
      return 0;
    }
  }
  return 0;
}

std::optional<HttpRefusal> ReadTarget(std::string_view target, HttpRequestHead* head) {
  // Its target is not a path. Other methods that no route has, TRACE among them, are 405 there.
  if (head->method == "CONNECT") {
    return HttpRefusal{501, "the method CONNECT is not served here"};
  }
  if (target == "*") {
    if (head->method != "OPTIONS") return Bad("the target * goes with OPTIONS only");
    head->path = "*";
    return std::nullopt;
  }
  bool needs_slash = false;  // "http://host?query" leaves the path out.
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() ||
        !EqualFieldNames(target.substr(0, scheme.size()), scheme)) {
      continue;
    }
    target.remove_prefix(scheme.size());
    const std::string_view host = target.substr(0, target.find_first_of("/?#"));
    if (host.empty() || !IsHost(host)) return Bad("the target has no valid host");
    for (HttpField& field : head->fields) {
      if (EqualFieldNames(field.name, "Host")) field.value = host;
    }
    target.remove_prefix(host.size());
    needs_slash = target.empty() || target.front() == '?';
    break;
  }
  if (!needs_slash && !target.starts_with('/')) {
    return Bad("the target is not a path that begins with '/'");
  }
  if (target.find('#') != std::string_view::npos) return Bad("the target has a fragment (#)");
  const size_t question = target.find('?');
  if (question != std::string_view::npos) head->query = target.substr(question + 1);
  return DecodePath(needs_slash ? "/" : target.substr(0, question), &head->path);
}

std::optional<HttpRefusal> ReadFraming(const HttpRequestHead& head, int version,
                                       RequestFraming* framing) {
  framing->http_1_0 = version == 10;
  if (auto refusal = CheckHost(head, version)) return refusal;
  if (auto refusal = ReadTransferEncoding(head, version, &framing->chunked)) return refusal;
  if (auto refusal = ReadContentLength(head, &framing->content_length)) return refusal;
  framing->keep_alive = version == 10 ? ListHas(head, "Connection", "keep-alive")
                                      : !ListHas(head, "Connection", "close");
  for (const HttpField& field : head.fields) {
    if (EqualFieldNames(field.name, "Expect")) {
      if (!EqualFieldNames(field.value, "100-continue")) {
        return HttpRefusal{417, "Expect is not \"100-continue\", the only one that is kept here"};
      }
      framing->expects_continue = version == 11;
    }
    if (EqualFieldNames(field.name, "Content-Encoding") && framing->has_body() &&
        !EqualFieldNames(field.value, "identity")) {
      return HttpRefusal{415, "the body is compressed (Content-Encoding); send it as it is"};
    }
  }
  framing->expects_continue = framing->expects_continue && framing->has_body();
  return std::nullopt;
}

}  // namespace vetor
