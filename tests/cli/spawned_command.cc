#include "tests/cli/spawned_command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <sstream>
#include <thread>
#include <utility>

extern char** environ;

namespace vetor::cli {
namespace {

// The file has no name, so it disappears with its last descriptor.
int MakeTemporaryFile() {
  std::string name = ::testing::TempDir() + "/vetor_err_XXXXXX";
  const int fd = ::mkstemp(name.data());
  ::unlink(name.c_str());
  return fd;
}

std::string ReadAll(int fd) {
  std::string bytes;
  char piece[4096];
  ssize_t n = 0;
  while ((n = ::read(fd, piece, sizeof piece)) > 0) bytes.append(piece, static_cast<size_t>(n));
  return bytes;
}

std::vector<std::string> Environment() {
  std::vector<std::string> kept = {"VETOR_AI_CACHE_ENABLED=false",
                                   "ASAN_OPTIONS=quarantine_size_mb=1"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const bool ours = text.starts_with("VETOR_") && !text.starts_with("VETOR_ONNXRUNTIME=");
    if (!ours && !text.starts_with("ASAN_OPTIONS=")) kept.emplace_back(text);
  }
  return kept;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

void CloseOnce(int* fd) {
  if (*fd >= 0) ::close(std::exchange(*fd, -1));
}

}  // namespace

RunningVetor::RunningVetor(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& variables, ErrorsGoTo errors_go_to) {
  // A test may write to a command that has ended.
  ::signal(SIGPIPE, SIG_IGN);
  int input[2];
  int output[2];
  if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) std::abort();
  input_ = input[1];
  output_ = output[0];
  int errors[2] = {-1, -1};
  if (errors_go_to == ErrorsGoTo::kPipe && ::pipe2(errors, O_CLOEXEC) != 0) std::abort();
  errors_ = errors[0] >= 0 ? errors[0] : MakeTemporaryFile();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors[1] >= 0 ? errors[1] : errors_, STDERR_FILENO);
  std::vector<std::string> words = {VETOR_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  // If a name comes twice, the first one counts.
  std::vector<std::string> environment = variables;
  for (std::string& variable : Environment()) environment.push_back(std::move(variable));
  const int failed = ::posix_spawn(&process_, VETOR_COMMAND, &actions, nullptr,
                                   Pointers(words).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  CloseOnce(&errors[1]);
  EXPECT_EQ(failed, 0) << "cannot start " << VETOR_COMMAND;
}

RunningVetor::~RunningVetor() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  CloseOnce(&input_);
  CloseOnce(&output_);
  CloseOnce(&errors_);
}

bool RunningVetor::WriteInput(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(input_, bytes.data(), bytes.size());
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void RunningVetor::CloseInput() { CloseOnce(&input_); }
void RunningVetor::CloseOutput() { CloseOnce(&output_); }
void RunningVetor::Signal(int signal) { ::kill(process_, signal); }

std::string RunningVetor::ReadOutput(size_t bytes) {
  std::string piece(bytes, '\0');
  const ssize_t n = ::read(output_, piece.data(), bytes);
  piece.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return piece;
}

std::string RunningVetor::ReadErrorLine() {
  std::string line;
  for (char c = 0; ::read(errors_, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

CommandResult RunningVetor::Wait() {
  CommandResult result;
  if (output_ >= 0) result.out = ReadAll(output_);
  int status = 0;
  struct rusage usage {};
  ::wait4(std::exchange(process_, -1), &status, 0, &usage);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.peak_kilobytes = usage.ru_maxrss;
  ::lseek(errors_, 0, SEEK_SET);  // Of a file; a pipe goes on where it is.
  result.err = ReadAll(errors_);
  return result;
}

CommandResult RunVetor(const std::vector<std::string>& arguments, std::string_view input,
                       const std::vector<std::string>& variables) {
  RunningVetor command(arguments, variables);
  // The command may write before it has read all of its input.
  std::thread writer([&] {
    command.WriteInput(input);
    command.CloseInput();
  });
  std::string out;
  for (std::string piece; !(piece = command.ReadOutput(1 << 16)).empty();) out += piece;
  writer.join();
  CommandResult result = command.Wait();
  result.out = std::move(out);
  return result;
}

std::vector<boost::json::object> ParseLines(const std::string& text) {
  std::vector<boost::json::object> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(line, error);
    EXPECT_TRUE(!error && value.is_object()) << line;
    if (value.is_object()) lines.push_back(value.get_object());
  }
  return lines;
}

}  // namespace vetor::cli
