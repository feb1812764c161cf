#include "tests/cli/server_under_test.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <string_view>

namespace vetor::cli {
namespace {

std::vector<std::string> WithServe(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"serve", "--port", "0"});
  return arguments;
}

}  // namespace

ServerUnderTest::ServerUnderTest(std::vector<std::string> arguments,
                                 const std::vector<std::string>& variables)
    : command_(WithServe(std::move(arguments)), variables, ErrorsGoTo::kPipe) {
  constexpr std::string_view kReady = "ready at ";
  for (std::string line; !(line = command_.ReadErrorLine()).empty();) {
    const size_t ready = line.find(kReady);
    if (ready == std::string::npos) {
      log_ += line + "\n";
      continue;
    }
    ready_line_ = line;
    const size_t port = line.find(':', line.find("//", ready));
    if (port != std::string::npos)
      port_ = static_cast<uint16_t>(std::atoi(line.c_str() + port + 1));
    return;
  }
}

testing::RawResponse ServerUnderTest::Ask(const std::string& request) const {
  testing::RawClient client(port_);
  return client.Ask(request).value_or(testing::RawResponse());
}

testing::RawResponse ServerUnderTest::Get(const std::string& path) const {
  return Ask("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

testing::RawResponse ServerUnderTest::Post(const std::string& path, const std::string& json) const {
  return Ask("POST " + path +
             " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
             "Content-Length: " +
             std::to_string(json.size()) + "\r\n\r\n" + json);
}

boost::json::value JsonOf(const testing::RawResponse& answer) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(answer.body, error);
  EXPECT_FALSE(error) << answer.body;
  return value;
}

}  // namespace vetor::cli
