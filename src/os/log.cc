#include "os/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <memory>

#include "base/terminal_text.h"
#include "base/thread_annotations.h"
#include "base/utf8.h"
#include "os/fork_guard.h"

namespace vetor {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error", "off"};

struct Logger {
  std::atomic<LogLevel> level{LogLevel::kWarning};
  std::atomic<bool> json{false};
  std::atomic<LogSink> sink{nullptr};
  std::atomic<LogWording> wording{nullptr};
  // Ours and not the sink's own, which a fork would copy as it is into the child, locked perhaps.
  Mutex mutex;
  std::shared_ptr<spdlog::logger> stream VETOR_GUARDED_BY(mutex);

  Logger()
      : stream(std::make_shared<spdlog::logger>(
            "vetor", std::make_shared<spdlog::sinks::stderr_sink_st>())) {
    HoldThroughFork(&mutex);
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

}  // namespace

void SetLogLevel(LogLevel level) { TheLogger().level = level; }

bool SetLogFormat(std::string_view format) {
  if (format != "text" && format != "json") return false;
  TheLogger().json = format == "json";
  return true;
}

bool LogsAsJson() { return TheLogger().json; }

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

void LogMessage(LogLevel level, std::string_view text) {
  Logger& logger = TheLogger();
  const LogWording wording = logger.wording;
  const std::string message = wording != nullptr ? wording(std::string(text)) : std::string(text);
  if (const LogSink sink = logger.sink) {
    sink(level, message);
    return;
  }
  const std::string_view name = kLevelNames[static_cast<size_t>(level)];
  std::string line;
  if (logger.json) {
    const boost::json::value both = {{"level", std::string(name)},
                                     {"message", ReplaceInvalidUtf8(message)}};
    line = EscapeControlsInJson(boost::json::serialize(both));
  } else {
    line = fmt::format("vetor: {}: {}", name, ForTerminal(message, LineBreaks::kEscape));
  }
  const MutexLock lock(&logger.mutex);
  logger.stream->info("{}", line);
}

void SetLogSink(LogSink sink) { TheLogger().sink = sink; }

void SetLogWording(LogWording wording) { TheLogger().wording = wording; }

}  // namespace vetor
