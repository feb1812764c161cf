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
  int exit_code = -1;  ///< 128 + signal where one ended it.
  std::string out;
  std::string err;
  int64_t peak_kilobytes = 0;  ///< Largest resident memory.
};

/// Runs to the end with `input` as standard input. Settings of the environment (VETOR_*) are taken
/// away, but for the runtime's place; VETOR_AI_CACHE_ENABLED=false keeps the tests apart.
/// `variables` ("NAME=value") come over all of them.
CommandResult RunVetor(const std::vector<std::string>& arguments, std::string_view input = {},
                       const std::vector<std::string>& variables = {});

/// One whose streams the test holds. Standard output and input are pipes, standard error a file.
class RunningVetor {
 public:
  explicit RunningVetor(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& variables = {});
  ~RunningVetor();
  RunningVetor(const RunningVetor&) = delete;
  RunningVetor& operator=(const RunningVetor&) = delete;

  /// Blocks until all is taken; false when the reader has gone.
  bool WriteInput(std::string_view bytes);
  void CloseInput();
  /// At least one byte, at most `bytes`; empty at the end.
  std::string ReadOutput(size_t bytes);
  void CloseOutput();
  void Signal(int signal);
  /// Reads what is left of standard output and waits.
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
