// What the command prints beside its results.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/terminal_text.h"
#include "os/standard_streams.h"

namespace vetor::cli {

/// Formats and writes to standard error. Control characters from any source are shown as \x1b. Text
/// that standard error does not take is lost; that is not an error.
template <typename... Args>
void PrintError(fmt::format_string<Args...> format, Args&&... args) {
  WriteToStandardError(ForTerminal(fmt::format(format, std::forward<Args>(args)...)));
}

/// Goes to the beginning of the terminal's line and clears it.
inline constexpr const char* kClearLine = "\r\x1b[K";

/// Replaces the terminal's current line by `line`.
inline void DrawLine(const std::string& line) {
  WriteToStandardError(kClearLine + ForTerminal(line, LineBreaks::kEscape));
}

}  // namespace vetor::cli
