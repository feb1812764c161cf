// A child process with pipes to its input and output.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace vetor {

/// The destructor kills and reaps it at the latest.
class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The next line of its output, without the newline; empty at the end of its output.
  std::string ReadLine();
  /// Reads the rest of its output to the end.
  std::string ReadRest();
  void Kill();  ///< Sends SIGKILL. Output that was written before can still be read.
  void CloseInput();
  /// Waits until it ends, and returns the exit status, or -1 if a signal ended it.
  int Wait();

 private:
  pid_t pid_ = -1;
  std::FILE* input_ = nullptr;
  std::FILE* output_ = nullptr;
};

}  // namespace vetor
