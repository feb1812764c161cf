// Standard input, output and error of a process as descriptors 0 to 2.
#pragma once

#include <string_view>

namespace vetor {

/// Opens descriptors 0 to 2 that are closed, in a way that reading the first and writing the others
/// still fails. Otherwise the next file that is opened, a database or a model, gets the number, and
/// a message meant for people is written into it. A program calls this first.
void OccupyClosedStandardStreams() noexcept;

/// Whether descriptor `fd` (0 to 2) was closed when the program began.
bool IsClosedStandardStream(int fd) noexcept;

/// Writes as much as standard error takes. The rest is lost (if it is closed, full or not read):
/// messages are not a reason to fail.
void WriteToStandardError(std::string_view bytes) noexcept;

}  // namespace vetor
