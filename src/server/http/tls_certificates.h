// The certificate chain and private key that new TLS connections use.
#pragma once

#include <memory>
#include <string>

#include "base/thread_annotations.h"
#include "vetor/status.h"

namespace boost::asio::ssl {
class context;
}  // namespace boost::asio::ssl

namespace vetor {

/// Of the certificate that a server shows.
struct CertificateDates {
  std::string name;         ///< That it is for: its subject's common name, or the whole subject.
  std::string valid_until;  ///< "2027-01-31 12:00 UTC"
  int days_left = 0;        ///< Whole days; below 0 after that moment.
};

/// Thread-safe.
class TlsCertificates {
 public:
  /// Reads both PEM files; TLS 1.2 is the oldest version that is spoken with them. After an error
  /// those of the last successful call stay. A certificate that has expired is used, with a warning
  /// in the log: clients decide what they trust. Errors: INVALID_ARGUMENT, NOT_FOUND,
  /// PERMISSION_DENIED, with the setting's name.
  Status Load(const std::string& certificate_path, const std::string& key_path)
      VETOR_EXCLUDES(mutex_);

  /// Of the certificate that was loaded. REQUIRES: Load was successful.
  CertificateDates Dates() const VETOR_EXCLUDES(mutex_);

  /// Null before the first Load. A connection keeps what it began with.
  std::shared_ptr<boost::asio::ssl::context> Current() const VETOR_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> current_ VETOR_GUARDED_BY(mutex_);
};

}  // namespace vetor
