// The `vetor` command. Each subcommand has a file of its own beside this one.
#include <cstdlib>
#include <functional>
#include <span>
#include <utility>

#include "base/exceptions.h"
#include "cli/command_line.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/interrupt.h"
#include "os/map_fault.h"
#include "os/staged_folder.h"
#include "os/standard_streams.h"
#include "vetor/status.h"

namespace {

void RemoveUnfinished() {
  vetor::cli::OutputStream::RemoveUnfinished();
  vetor::StagedFolder::RemoveUnfinished();
}

int Run(std::span<const char* const> arguments) {
  // If a mapped file is truncated, the user is told so before the process ends. The fault happens
  // in a thread that reads the map, so that thread holds no lock that RemoveUnfinished waits for.
  vetor::ExplainMapFaults(vetor::DescribeStatusCode(vetor::StatusCode::kDataLoss).exit_code,
                          RemoveUnfinished);
  // Made before any thread is started, because threads inherit the blocked signals.
  vetor::cli::Interrupt interrupt([] {
    RemoveUnfinished();
    std::_Exit(vetor::DescribeStatusCode(vetor::StatusCode::kCancelled).exit_code);
  });
  const auto on_hang_up = [&interrupt](std::function<void()> reload) {
    interrupt.OnHangUp(std::move(reload));
  };
  return vetor::cli::RunCommandLine(arguments,
                                    {interrupt.token(), interrupt.wake_fd(), on_hang_up});
}

}  // namespace

int main(int argc, char** argv) {
  vetor::OccupyClosedStandardStreams();
  try {
    return Run(std::span<const char* const>(argv, static_cast<size_t>(argc)));
  } catch (...) {
    const vetor::Status status = vetor::CurrentExceptionStatus();
    vetor::WriteToStandardError("vetor: ");
    vetor::WriteToStandardError(status.message());
    vetor::WriteToStandardError("\n");
    return vetor::DescribeStatusCode(status.code()).exit_code;
  }
}
