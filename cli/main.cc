// The `vetor` command. Each subcommand has a file of its own beside this one.
#include <cstdlib>
#include <span>

#include "base/map_fault.h"
#include "cli/byte_stream.h"
#include "cli/command_line.h"
#include "cli/interrupt.h"
#include "vetor/status.h"

int main(int argc, char** argv) {
  // A file that is cut while it is mapped is the user's to hear about. The fault is of a thread
  // that was reading that map, so it holds no lock that removing files would wait for.
  vetor::ExplainMapFaults(vetor::DescribeStatusCode(vetor::StatusCode::kDataLoss).exit_code,
                          vetor::cli::OutputStream::RemoveUnfinished);
  // Before all threads: those started later inherit the signals that it blocks.
  const vetor::cli::Interrupt interrupt([] {
    vetor::cli::OutputStream::RemoveUnfinished();
    std::_Exit(vetor::DescribeStatusCode(vetor::StatusCode::kCancelled).exit_code);
  });
  return vetor::cli::RunCommandLine(std::span<const char* const>(argv, static_cast<size_t>(argc)),
                                    {interrupt.token(), interrupt.wake_fd()});
}
