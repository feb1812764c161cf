// Every allocation of a request is refused once, on whichever thread: that request is answered or
// its connection closed, and the next one is served.
#include "tests/support/refused_memory.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "tests/server/http/raw_client.h"
#include "tests/server/http/scripted_handler.h"

namespace vetor::testing {
namespace {

/// Sends `bytes` on a new connection and reads to its end; the first bytes come in `reply`.
/// Allocates nothing: the refusal is meant for the server.
size_t Exchange(uint16_t port, std::string_view bytes, char* reply, size_t room) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  size_t count = 0;
  while (count < room) {
    const ssize_t more = ::recv(fd, reply + count, room - count, 0);
    if (more <= 0) break;
    count += static_cast<size_t>(more);
  }
  ::close(fd);
  return count;
}

TEST(RefusedMemoryInServerTest, Row33ARefusedAllocationEndsAtMostItsRequest) {
  ScriptedHandler handler;
  auto server = *HttpServer::Listen({.port = 0}, &handler);
  const std::string request =
      "POST /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n" +
      std::string(2000, 'x');
  char reply[8192];
  int answered = 0;
  int refused = 0;
  int closed = 0;
  for (long n = 0;; ++n) {
    SCOPED_TRACE(n);

    RefuseAllocation(n);
    const size_t count = Exchange(server->port(), request, reply, sizeof(reply));
    if (!EndRefusing()) break;
    const std::string_view start(reply, count);
    answered += start.starts_with("HTTP/1.1 200") ? 1 : 0;
    refused += start.starts_with("HTTP/1.1 503") ? 1 : 0;
    closed += start.empty() ? 1 : 0;
    RawClient next(server->port());
    const auto response = next.Ask(Get("/next"));
    ASSERT_TRUE(response);
    ASSERT_EQ(response->status, 200);
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(answered + refused + closed, 10);
  Until([&] { return server->counters().open_connections == 0; });
}

}  // namespace
}  // namespace vetor::testing
