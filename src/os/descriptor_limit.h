// How many files and sockets this process may have open at once.
#pragma once

#include <cstdint>

namespace vetor {

/// Raises the limit of this process as far as it may do so by itself (the hard limit) and returns
/// what it is then. A system that refuses leaves it as it was.
uint64_t RaiseDescriptorLimit();

}  // namespace vetor
