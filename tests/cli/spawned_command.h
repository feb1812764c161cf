// Runs build/vetor as a user would.
#pragma once

#include <sys/types.h>

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vetor::cli {

struct CommandResult {
  int exit_code = -1;  ///< 128 + signal if a signal ended it.
  std::string out;
  std::string err;
  int64_t peak_kilobytes = 0;  ///< The largest resident memory.
};

/// Runs the command to its end with `input` as standard input. It removes settings of the
/// environment (VETOR_*) except the runtime's place, and sets VETOR_AI_CACHE_ENABLED=false, which
/// keeps the tests apart. `variables` ("NAME=value") come over all of them.
CommandResult RunVetor(const std::vector<std::string>& arguments, std::string_view input = {},
                       const std::vector<std::string>& variables = {});

/// Where a command's standard error goes. A pipe can be read while the command runs; what is not
/// read must fit into it (64 KiB).
enum class ErrorsGoTo { kFile, kPipe };

/// A running command whose streams the test holds. Standard output and input are pipes.
class RunningVetor {
 public:
  explicit RunningVetor(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& variables = {},
                        ErrorsGoTo errors = ErrorsGoTo::kFile);
  ~RunningVetor();
  RunningVetor(const RunningVetor&) = delete;
  RunningVetor& operator=(const RunningVetor&) = delete;

  /// Blocks until the command has taken all bytes; returns false if it has closed its input.
  bool WriteInput(std::string_view bytes);
  void CloseInput();
  /// Reads at least one byte and at most `bytes`; empty at the end.
  std::string ReadOutput(size_t bytes);
  void CloseOutput();
  /// The next line of standard error without its line break; empty at the end. REQUIRES: kPipe.
  std::string ReadErrorLine();
  void Signal(int signal);
  /// Reads the rest of both streams and waits for the end.
  CommandResult Wait();

 private:
  pid_t process_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
};

/// The lines of JSON Lines, parsed.
std::vector<boost::json::object> ParseLines(const std::string& text);

}  // namespace vetor::cli
