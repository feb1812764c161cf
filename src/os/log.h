// Log lines to standard error through spdlog, one place that decides level, form and escaping.
//
// Levels: VETOR_LOG=debug|info|warning|error|off (default warning; the command sets info). Form:
// VETOR_LOG_FORMAT=text|json. Texts that users embed are never logged. Thread-safe.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace vetor {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

void SetLogLevel(LogLevel level);
/// "text" or "json"; anything else leaves the form as it is and returns false.
bool SetLogFormat(std::string_view format);
bool LogsAsJson();
bool ParseLogLevel(std::string_view name, LogLevel* level);
bool LogEnabled(LogLevel level);
/// Writes one line; control characters and invalid UTF-8 in `message` are escaped.
void LogMessage(LogLevel level, std::string_view message);

/// Replaces the sink, for tests and for bindings that have their own logging. Null: standard error.
using LogSink = void (*)(LogLevel level, std::string_view message);
void SetLogSink(LogSink sink);

/// Puts each message into the words of a program before it is written or given to the sink: the
/// command names its flags beside the settings. Null: messages stay as they are.
using LogWording = std::string (*)(std::string message);
void SetLogWording(LogWording wording);

template <typename... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(level)) LogMessage(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace vetor
