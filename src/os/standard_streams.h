// Standard input, output and error of a process as descriptors 0 to 2.
#pragma once

#include <string_view>

namespace vetor {

/// Puts something onto descriptors 0 to 2 that are closed, in a way that reading the first and
/// writing the others still fails. Otherwise the next file that is opened, a database or a model,
/// gets the number, and a message meant for people is written into it. The first act of a program.
void OccupyClosedStandardStreams() noexcept;

/// Whether descriptor `fd` (0 to 2) was closed when the program began.
bool IsClosedStandardStream(int fd) noexcept;

/// Writes as much as standard error takes. What it does not take (it is closed, full, or nobody
/// reads it) is lost: messages are no reason to fail.
void WriteToStandardError(std::string_view bytes) noexcept;

}  // namespace vetor
