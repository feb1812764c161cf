#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <memory>

#include "base/utf8.h"

namespace vetor {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error", "off"};

struct Logger {
  std::atomic<LogLevel> level{LogLevel::kWarning};
  std::atomic<bool> json{false};
  std::atomic<LogSink> sink{nullptr};
  std::shared_ptr<spdlog::logger> stream;

  Logger()
      : stream(std::make_shared<spdlog::logger>(
            "vetor", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
    stream->set_pattern("%v");
    stream->set_level(spdlog::level::trace);
    LogLevel from_environment{};
    const char* name = std::getenv("VETOR_LOG");
    if (name != nullptr && ParseLogLevel(name, &from_environment)) level = from_environment;
    const char* format = std::getenv("VETOR_LOG_FORMAT");
    json = format != nullptr && std::string_view(format) == "json";
  }
};

Logger& TheLogger() {
  static auto* logger = new Logger;  // Never destroyed: threads may log during exit.
  return *logger;
}

// A text line must stay one line and show what is in it.
std::string EscapeForText(std::string_view message) {
  const std::string valid = ReplaceInvalidUtf8(message);
  std::string line;
  line.reserve(valid.size());
  for (const char c : valid) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace

void SetLogLevel(LogLevel level) { TheLogger().level = level; }

bool SetLogFormat(std::string_view format) {
  if (format != "text" && format != "json") return false;
  TheLogger().json = format == "json";
  return true;
}

bool ParseLogLevel(std::string_view name, LogLevel* level) {
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (name == kLevelNames[i]) {
      *level = static_cast<LogLevel>(i);
      return true;
    }
  }
  return false;
}

bool LogEnabled(LogLevel level) { return level >= TheLogger().level && level != LogLevel::kOff; }

void LogMessage(LogLevel level, std::string_view message) {
  Logger& logger = TheLogger();
  if (const LogSink sink = logger.sink) {
    sink(level, message);
    return;
  }
  const std::string_view name = kLevelNames[static_cast<size_t>(level)];
  if (logger.json) {
    const boost::json::value line = {{"level", std::string(name)},
                                     {"message", ReplaceInvalidUtf8(message)}};
    logger.stream->info(boost::json::serialize(line));
  } else {
    logger.stream->info("vetor: {}: {}", name, EscapeForText(message));
  }
}

void SetLogSink(LogSink sink) { TheLogger().sink = sink; }

}  // namespace vetor
