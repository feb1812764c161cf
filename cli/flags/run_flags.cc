#include "cli/flags/run_flags.h"

#include <cstdlib>

#include "cli/flags/one_of.h"
#include "os/log.h"

namespace vetor::cli {
namespace {

constexpr const char* kOutputGroup = "Messages (standard error)";

}  // namespace

void RunFlags::AddLogTo(CLI::App* command) {
  command
      ->add_flag("--quiet,-q", quiet, "Print no progress and no summary, only warnings and errors.")
      ->group(kOutputGroup);
  command
      ->add_option("--log-level", log_level,
                   "One of debug, info, warning, error, off. Default info. [VETOR_LOG]")
      ->type_name("LEVEL")
      ->check(OneOf({"debug", "info", "warning", "error", "off"}))
      ->group(kOutputGroup);
  command->add_option("--log-format", log_format, "text or json. Default text. [VETOR_LOG_FORMAT]")
      ->type_name("FORM")
      ->check(OneOf({"text", "json"}))
      ->group(kOutputGroup);
}

void RunFlags::AddTo(CLI::App* command) {
  command
      ->add_option("--stats", stats,
                   "Write the run's figures to this file as one JSON object: texts, tokens, rates, "
                   "seconds, peak_rss_mb, model, backend, provider, precision, truncated, "
                   "cache_hits and more. \"-\" is standard output, if the results go elsewhere.")
      ->type_name("FILE")
      ->group(kOutputGroup);
  AddLogTo(command);
}

void RunFlags::Apply() const {
  LogLevel level = LogLevel::kInfo;
  if (!log_level.empty()) {
    ParseLogLevel(log_level, &level);
    SetLogLevel(level);
  } else if (quiet) {
    // Warnings stay, because they say that something runs that the user did not ask for. VETOR_LOG
    // may ask for less.
    if (LogEnabled(LogLevel::kInfo)) SetLogLevel(LogLevel::kWarning);
  } else if (std::getenv("VETOR_LOG") == nullptr) {
    SetLogLevel(LogLevel::kInfo);
  }
  if (!log_format.empty()) SetLogFormat(log_format);
}

void RowFlags::AddTo(CLI::App* command) {
  command
      ->add_option("--input-format", format,
                   "lines (one text per line) or jsonl (one JSON object per line). Default jsonl "
                   "if the file ends in .jsonl or .ndjson or if a flag names a field, else lines.")
      ->type_name("FORM")
      ->check(OneOf({"lines", "jsonl"}));
  command->add_flag("--replace-invalid", replace_invalid,
                    "Read invalid UTF-8, and escapes of lone surrogates, as U+FFFD; without this "
                    "flag they are errors.");
}

Result<RowReader> RowFlags::Open(const std::string& path, bool fields_named,
                                 const CommandContext& context) const {
  if (format == "lines" && fields_named) {
    return InvalidArgumentError(
        "a flag names a field, but --input-format lines has none; use --input-format jsonl");
  }
  RowReaderOptions options;
  options.path = path;
  options.format = ChooseRowFormat(format, path, fields_named);
  options.replace_invalid = replace_invalid;
  options.wake_fd = context.wake_fd;
  return RowReader::Open(options);
}

}  // namespace vetor::cli
