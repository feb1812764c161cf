// Memory that the system refuses, for a test program of its own: linked in, it replaces operator
// new.
#pragma once

namespace vetor::testing {

/// The n-th allocation from now on (0: the next), of whatever thread, throws std::bad_alloc.
void RefuseAllocation(long n);

/// No more; whether it happened.
bool EndRefusing();

}  // namespace vetor::testing
