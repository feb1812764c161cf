#include "server/http/tls_certificates.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <ctime>
#include <utility>

#include "base/status_macros.h"
#include "os/file.h"
#include "os/log.h"

namespace vetor {
namespace {

namespace ssl = boost::asio::ssl;

constexpr uint64_t kMaxPemBytes = 1 << 20;

Status PemError(const char* setting, const std::string& path,
                const boost::system::error_code& error, const char* remedy) {
  return InvalidArgumentError(
      fmt::format("{} {} cannot be used: {}; {}", setting, path, error.message(), remedy));
}

std::string NameOf(const X509* certificate) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place >= 0) {
    unsigned char* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
    if (size >= 0) {
      std::string name(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
      OPENSSL_free(text);
      return name;
    }
  }
  char line[256] = "";
  X509_NAME_oneline(subject, line, sizeof line);
  return line;
}

CertificateDates DatesOf(const X509* certificate) {
  CertificateDates dates{.name = NameOf(certificate)};
  const ASN1_TIME* const end = X509_get0_notAfter(certificate);
  std::tm moment{};
  if (ASN1_TIME_to_tm(end, &moment) == 1) {
    dates.valid_until =
        fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", moment.tm_year + 1900, moment.tm_mon + 1,
                    moment.tm_mday, moment.tm_hour, moment.tm_min);
  }
  int days = 0;
  int seconds = 0;
  // A null pointer stands for the time now. After the end both numbers are negative.
  if (ASN1_TIME_diff(&days, &seconds, nullptr, end) == 1) {
    dates.days_left = seconds < 0 ? days - 1 : days;
  }
  return dates;
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
  {
    const MutexLock lock(&mutex_);
    current_ = std::move(context);
  }
  if (const CertificateDates dates = Dates(); dates.days_left < 0) {
    Log(LogLevel::kWarning,
        "ai.server.tls_cert {}: the certificate of {} was valid until {}, and clients refuse it "
        "since; renew it and send SIGHUP",
        certificate_path, dates.name, dates.valid_until);
  }
  return Status();
}

CertificateDates TlsCertificates::Dates() const {
  return DatesOf(SSL_CTX_get0_certificate(Current()->native_handle()));
}

std::shared_ptr<ssl::context> TlsCertificates::Current() const {
  const MutexLock lock(&mutex_);
  return current_;
}

}  // namespace vetor
