// build/vetor serve as a user runs it, on a port that the system chose.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/cli/spawned_command.h"
#include "tests/server/http/raw_client.h"

namespace vetor::cli {

class ServerUnderTest {
 public:
  /// Returns when the server is ready, or has ended.
  explicit ServerUnderTest(std::vector<std::string> arguments,
                           const std::vector<std::string>& variables = {});

  uint16_t port() const { return port_; }
  const std::string& ready_line() const { return ready_line_; }
  /// The lines before the one that says "ready".
  const std::string& log() const { return log_; }
  RunningVetor& command() { return command_; }

  /// The answer on a connection of its own; status 0 if there is none.
  testing::RawResponse Ask(const std::string& request) const;
  testing::RawResponse Get(const std::string& path) const;
  testing::RawResponse Post(const std::string& path, const std::string& json) const;

 private:
  RunningVetor command_;
  std::string log_;
  std::string ready_line_;
  uint16_t port_ = 0;
};

/// The body, which must be JSON.
boost::json::value JsonOf(const testing::RawResponse& answer);

}  // namespace vetor::cli
