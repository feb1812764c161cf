// A child process with pipes to its input and output.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace vetor {

/// Killed and reaped by the destructor at the latest.
class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The next line of its output without the newline; empty at its end.
  std::string ReadLine();
  /// All that is left of its output, then the end of it.
  std::string ReadRest();
  void Kill();  ///< SIGKILL; output written before can still be read.
  void CloseInput();
  /// Waits for its end and returns the exit status, -1 when a signal ended it.
  int Wait();

 private:
  pid_t pid_ = -1;
  std::FILE* input_ = nullptr;
  std::FILE* output_ = nullptr;
};

}  // namespace vetor
