#include "cli/commands/run_errors.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/counted.h"
#include "base/text_number.h"
#include "cli/output/progress.h"

namespace vetor::cli {
namespace {

void Replace(std::string_view from, std::string_view to, std::string* text) {
  const size_t place = text->find(from);
  if (place != std::string::npos) text->replace(place, from.size(), to);
}

// A file appears whole or not at all; bytes that were written to a stream remain there.
std::string DescribeOutput(const std::string& output) {
  std::error_code error;
  if (output == "-") return "the results on standard output are not whole";
  const auto type = std::filesystem::status(output, error).type();
  if (type == std::filesystem::file_type::not_found) return output + " was not written";
  if (type == std::filesystem::file_type::regular) return output + " is as it was";
  return "the results in " + output + " are not whole";
}

std::string DescribeInterruption(const std::string& message, const RunState& state) {
  // Reading and comparing say what was interrupted; the service's message is replaced.
  std::string text = message.starts_with("interrupted") ? message : "interrupted";
  const bool said = text != "interrupted";
  const std::string of = state.total ? " of " + WithThousands(*state.total) : "";
  text += state.done == 0
              ? (said ? ", before the first text" : " before the first text")
              : fmt::format("{} after {}{} text{}", said ? "," : "", WithThousands(state.done), of,
                            state.done == 1 && of.empty() ? "" : "s");
  if (state.done > 0 && !state.cache_folder.empty()) {
    text += fmt::format("; their vectors are in {}, and the same command continues from there",
                        state.cache_folder);
  }
  if (state.output.empty()) return text;
  if (state.done == 0 && state.output == "-") return text + "; nothing went to standard output";
  return text + "; " + DescribeOutput(state.output);
}

}  // namespace

Status NameTextByPlace(const Status& status, const TextPlace& place) {
  std::string message = status.message();
  if (const auto taken = TakeTextError(message)) {
    const bool of_model = status.code() == StatusCode::kDataLoss;
    message = of_model ? taken->rest : place(taken->index) + ": " + taken->rest;
  }
  Replace("set on_long to \"truncate\" or \"window\"",
          "pass --on-long truncate or --on-long window", &message);
  return Status(status.code(), std::move(message));
}

Status ExplainEnd(const Status& status, const RunState& state) {
  std::string message = status.message();
  if (status.code() == StatusCode::kCancelled) {
    return CancelledError(DescribeInterruption(message, state));
  }
  if (status.code() != StatusCode::kDataLoss) return status;
  Replace("; open it again, and", "; run the command again, and", &message);
  Replace("; open it again", "; run the command again", &message);
  if (message.find("run the command again") == std::string::npos) return status;
  if (state.done > 0 && !state.cache_folder.empty()) {
    message += fmt::format("; finished vectors are in {}", state.cache_folder);
  }
  return DataLossError(std::move(message));
}

}  // namespace vetor::cli
