#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <future>
#include <memory>
#include <string>

#include "tests/server/http/raw_client.h"
#include "tests/server/http/scripted_handler.h"
#include "tests/server/http/self_signed_certificate.h"
#include "tests/support/temporary_folder.h"

namespace vetor::testing {
namespace {

/// A client that speaks TLS up to `max_version` and believes any certificate.
class TlsClient {
 public:
  explicit TlsClient(uint16_t port, int max_version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_, max_version);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_security_level(context_, 0);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(fd_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return connected_; }

  std::string ServerName() const {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl_),
                                                                  &X509_free);
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name,
                              sizeof(name));
    return name;
  }

  void Send(const std::string& bytes) {
    SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  }

  /// Exactly `count` bytes; fewer at the end.
  std::string Read(size_t count) {
    std::string bytes;
    char room[4096];
    while (bytes.size() < count) {
      const int more =
          SSL_read(ssl_, room, static_cast<int>(std::min(sizeof(room), count - bytes.size())));
      if (more <= 0) break;
      bytes.append(room, static_cast<size_t>(more));
    }
    return bytes;
  }

  /// The whole head and `body_bytes` of the body.
  std::string ReadResponse(size_t body_bytes) {
    std::string response;
    while (response.find("\r\n\r\n") == std::string::npos) {
      const std::string byte = Read(1);
      if (byte.empty()) return response;
      response += byte;
    }
    return response + Read(body_bytes);
  }

  bool EndedByCloseNotify() {
    char byte = 0;
    return SSL_read(ssl_, &byte, 1) <= 0 && SSL_get_error(ssl_, 0) == SSL_ERROR_ZERO_RETURN;
  }

 private:
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  int fd_ = -1;
  bool connected_ = false;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    WriteCertificate("first", options_.tls_cert, options_.tls_key);
    served_ = std::make_unique<ServedHandler>(options_);
  }

  Status Reload() {
    std::promise<Status> outcome;
    served_->server->ReloadCertificates(
        [&outcome](const Status& status) { outcome.set_value(status); });
    return outcome.get_future().get();
  }

  const TemporaryFolder folder_;
  HttpServerOptions options_{.tls_cert = (folder_ / "cert.pem").string(),
                             .tls_key = (folder_ / "key.pem").string()};
  std::unique_ptr<ServedHandler> served_;
};

TEST_F(TlsTest, RequestsAreAnswered) {
  EXPECT_TRUE(served_->server->address().starts_with("https://127.0.0.1:"));
  TlsClient client(served_->port());
  ASSERT_TRUE(client.connected());
  client.Send(Post("/a", "text") + Post("/later", std::string(100'000, 'x')));
  EXPECT_TRUE(client.ReadResponse(12).ends_with("POST /a\ntext"));
  EXPECT_TRUE(client.ReadResponse(100'012).ends_with("xxx"));
}

TEST_F(TlsTest, AClosedConnectionEndsAsTlsWants) {
  TlsClient client(served_->port());
  client.Send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.ReadResponse(7).ends_with("GET /a\n"));
  EXPECT_TRUE(client.EndedByCloseNotify());
}

TEST_F(TlsTest, AClientThatLeavesStopsItsRequest) {
  {
    TlsClient client(served_->port());
    client.Send(Post("/hold", "text"));
    served_->handler.AwaitHeld(1);
  }
  served_->handler.AwaitStop();
  served_->handler.Release();
}

TEST_F(TlsTest, VersionsBelow12AreRefused) {
  EXPECT_FALSE(TlsClient(served_->port(), TLS1_1_VERSION).connected());
  EXPECT_TRUE(TlsClient(served_->port(), TLS1_2_VERSION).connected());
}

TEST_F(TlsTest, AClientWithoutTlsIsClosed) {
  RawClient client(served_->port());
  client.Send(Get("/a"));
  EXPECT_FALSE(client.Receive());
  EXPECT_TRUE(TlsClient(served_->port()).connected());
}

TEST_F(TlsTest, Row11AHandshakeHasADeadline) {
  RawClient client(served_->port());
  Until([&] { return served_->counters().open_connections == 1; });
  served_->Pass(options_.header_timeout);
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(TlsTest, NewConnectionsGetANewCertificateAndOldOnesGoOn) {
  TlsClient before(served_->port());
  EXPECT_EQ(before.ServerName(), "first");
  WriteCertificate("second", options_.tls_cert, options_.tls_key);
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(TlsClient(served_->port()).ServerName(), "second");
  before.Send(Get("/a"));
  EXPECT_TRUE(before.ReadResponse(7).ends_with("GET /a\n"));
}

TEST_F(TlsTest, AfterAnErrorTheOldCertificateStays) {
  const std::string other = (folder_ / "other.pem").string();
  WriteCertificate("third", options_.tls_cert, other);  // Its key is elsewhere.
  const Status mismatch = Reload();
  EXPECT_EQ(mismatch.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(mismatch.message().find("ai.server.tls_key"), std::string::npos) << mismatch.message();
  std::ofstream(options_.tls_cert) << "nonsense";
  const Status nonsense = Reload();
  EXPECT_EQ(nonsense.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(nonsense.message().find("ai.server.tls_cert"), std::string::npos);
  std::remove(options_.tls_cert.c_str());
  EXPECT_EQ(Reload().code(), StatusCode::kNotFound);
  EXPECT_EQ(TlsClient(served_->port()).ServerName(), "first");
}

// A pipe without a writer stands for a file system that hangs.
TEST_F(TlsTest, ACertificateThatCannotBeReadToItsEndKeepsNobodyWaiting) {
  std::remove(options_.tls_cert.c_str());
  ASSERT_EQ(::mkfifo(options_.tls_cert.c_str(), 0600), 0);
  std::promise<Status> outcome;
  served_->server->ReloadCertificates(
      [&outcome](const Status& status) { outcome.set_value(status); });
  EXPECT_EQ(Reload().code(), StatusCode::kUnavailable) << "the first one still reads";
  TlsClient client(served_->port());
  client.Send(Get("/a"));
  EXPECT_TRUE(client.ReadResponse(7).ends_with("GET /a\n"));
  served_->server.reset();
  ::close(::open(options_.tls_cert.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(outcome.get_future().get().code(), StatusCode::kInvalidArgument) << "an empty file";
}

}  // namespace
}  // namespace vetor::testing
