// A certificate for tests of TLS.
#pragma once

#include <string>

namespace vetor::testing {

/// Writes a key and a certificate that it signs itself, with the common name `name`, valid from an
/// hour ago for two hours.
void WriteCertificate(const std::string& name, const std::string& certificate_path,
                      const std::string& key_path);

}  // namespace vetor::testing
