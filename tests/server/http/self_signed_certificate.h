// A certificate for tests of TLS.
#pragma once

#include <string>

namespace vetor::testing {

/// Writes a key and a certificate that it signs itself, with the common name `name`. It ends in
/// `seconds_left`, or has ended if that is negative.
void WriteCertificate(const std::string& name, const std::string& certificate_path,
                      const std::string& key_path, long seconds_left = 3600);

}  // namespace vetor::testing
