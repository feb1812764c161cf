// The end of a process whose program has broken a rule of the API so that nothing right can follow.
#pragma once

#include <string_view>

namespace vetor {

/// Writes two lines to standard error, what happened and the remedy, and ends the process (abort).
/// Control characters in both are escaped. For EndWithoutValue, and for a service that its own
/// worker destroys: everything else in vetor reports a Status.
[[noreturn]] void EndProcess(std::string_view what, std::string_view remedy);

}  // namespace vetor
