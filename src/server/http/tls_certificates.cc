#include "server/http/tls_certificates.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <utility>

#include "base/status_macros.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace ssl = boost::asio::ssl;

constexpr uint64_t kMaxPemBytes = 1 << 20;

Status PemError(const char* setting, const std::string& path,
                const boost::system::error_code& error, const char* remedy) {
  return InvalidArgumentError(
      fmt::format("{} {} cannot be used: {}; {}", setting, path, error.message(), remedy));
}

}  // namespace

Status TlsCertificates::Load(const std::string& certificate_path, const std::string& key_path) {
  auto certificate = ReadFile(certificate_path, kMaxPemBytes);
  if (!certificate.ok()) return certificate.status().WithContext("ai.server.tls_cert");
  auto key = ReadFile(key_path, kMaxPemBytes);
  if (!key.ok()) return key.status().WithContext("ai.server.tls_key");

  boost::system::error_code error;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                           ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                       error);
  // Without this OpenSSL asks for the password of an encrypted key on the terminal.
  context->set_password_callback([](size_t, auto) { return std::string(); }, error);
  context->use_certificate_chain(boost::asio::buffer(*certificate), error);
  if (error) {
    return PemError("ai.server.tls_cert", certificate_path, error,
                    "it must be a chain of PEM certificates, the server's own first");
  }
  context->use_private_key(boost::asio::buffer(*key), ssl::context::pem, error);
  if (error) {
    return PemError("ai.server.tls_key", key_path, error,
                    "it must be the certificate's private key, as PEM without a password");
  }
  const MutexLock lock(&mutex_);
  current_ = std::move(context);
  return Status();
}

std::shared_ptr<ssl::context> TlsCertificates::Current() const {
  const MutexLock lock(&mutex_);
  return current_;
}

}  // namespace vetor
