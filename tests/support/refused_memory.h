// Refuses memory as the system could, in a test program of its own: if it is linked in, it replaces
// operator new.
#pragma once

namespace vetor::testing {

/// The n-th allocation from now on (0 is the next one), on whatever thread, throws std::bad_alloc.
void RefuseAllocation(long n);

/// Ends the refusal; returns whether an allocation was refused.
bool EndRefusing();

}  // namespace vetor::testing
