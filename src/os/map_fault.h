// Which files are mapped into this process, and a last word about one that was cut or lies on a
// disk that fails: reading its map raises SIGBUS, which ends a process without saying why.
//
// The list is always kept (MappedFile does it). The handler belongs to the process, so only the
// command installs it; the library leaves signals to its host.
#pragma once

#include <string_view>

namespace vetor {

/// Puts a map on the list and returns its place there; -1 if the list is full, which only means
/// that the file is not named. Thread-safe, as ForgetMap is.
int NoteMap(std::string_view bytes, std::string_view path);

/// REQUIRES: called before the map is given back. -1 is ignored.
void ForgetMap(int place);

/// From now on SIGBUS inside a map of the list writes one line to standard error, which names the
/// file, calls `at_end` (it must keep to the rules for signal handlers; may be null) and ends the
/// process with `exit_code`. SIGBUS anywhere else has its old effect.
void ExplainMapFaults(int exit_code, void (*at_end)());

}  // namespace vetor
