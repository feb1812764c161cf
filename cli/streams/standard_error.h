// What the command says beside its results.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/terminal_text.h"
#include "os/standard_streams.h"

namespace vetor::cli {

/// Formats and writes to standard error. Control characters are shown as \x1b, whoever they come
/// from; what standard error does not take is lost and fails nothing.
template <typename... Args>
void PrintError(fmt::format_string<Args...> format, Args&&... args) {
  WriteToStandardError(ForTerminal(fmt::format(format, std::forward<Args>(args)...)));
}

/// Goes to the beginning of the terminal's line and clears it.
inline constexpr const char* kClearLine = "\r\x1b[K";

/// A line in the place of the one before, for a terminal.
inline void DrawLine(const std::string& line) {
  WriteToStandardError(kClearLine + ForTerminal(line, LineBreaks::kEscape));
}

}  // namespace vetor::cli
