// Ids of answers, for the families that have them.
#pragma once

#include <string>

namespace vetor {

/// A UUID of version 4, other than those before it in this process. Thread-safe. It is not a
/// secret.
std::string NewRequestId();

}  // namespace vetor
