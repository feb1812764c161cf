// A client of nothing but a socket: it sends what it is told, right or wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vetor::testing {

struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;

  /// The value of the field, by its name in lower case; empty if it is not there.
  std::string Field(std::string_view name) const;
  bool says_close() const { return Field("connection") == "close"; }
};

/// For one thread. A wait that the server never ends fails after a minute.
class RawClient {
 public:
  explicit RawClient(uint16_t port, const char* address = "127.0.0.1");
  explicit RawClient(const std::string& path);
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { Close(); }

  bool connected() const { return connected_; }
  /// False if the server closed meanwhile.
  bool Send(std::string_view bytes);
  /// One response; nothing if the connection ended before it was whole. A response to HEAD has no
  /// body whatever its fields say.
  std::optional<RawResponse> Receive(bool to_head = false);
  /// Send and Receive.
  std::optional<RawResponse> Ask(std::string_view bytes);
  /// Exactly `count` bytes; fewer at the end.
  std::string Read(size_t count);
  /// Whether the next thing is the end, and not a byte.
  bool AtEnd();
  void EndSending();
  void Close();
  /// Closes so that the server sees a broken connection.
  void Break();

 private:
  bool Fill();

  int fd_ = -1;
  bool connected_ = false;
  std::string buffer_;
};

/// "GET PATH HTTP/1.1" with a Host.
std::string Get(std::string_view path);
/// A POST with Content-Length.
std::string Post(std::string_view path, std::string_view body);

}  // namespace vetor::testing
