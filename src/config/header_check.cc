#include "config/header_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/ascii.h"
#include "base/terminal_text.h"

namespace vetor {
namespace {

constexpr std::string_view kBetween = "://";

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool HasOnly(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [others](char c) {
    return IsLetterOrDigit(c) || others.find(c) != std::string_view::npos;
  });
}

// The port that a browser leaves out.
std::string_view OwnPort(std::string_view scheme) {
  if (scheme == "https") return ":443";
  return scheme == "http" ? ":80" : "";
}

// The origin that `text` may be meant to be; empty if that cannot be seen.
std::string Meant(std::string_view text) {
  std::string lower = AsciiLower(text);
  if (lower.find(kBetween) == std::string::npos) lower.insert(0, "https://");
  const size_t between = lower.find(kBetween);
  const std::string scheme = lower.substr(0, between);
  std::string rest = lower.substr(between + kBetween.size());
  rest.resize(std::min(rest.size(), rest.find_first_of("/?#")));
  const std::string_view own = OwnPort(scheme);
  if (!own.empty() && rest.ends_with(own)) rest.resize(rest.size() - own.size());
  if (!HasOnly(scheme, "+-.") || !HasOnly(rest, "-._:[]")) return "";
  return scheme + std::string(kBetween) + rest;
}

}  // namespace

Status CheckOrigin(std::string_view origin) {
  if (origin == "*" || origin == "null") return {};
  const std::string meant = Meant(origin);
  if (meant == origin) return {};
  return InvalidArgumentError(fmt::format(
      "ai.server.cors has {}, which no browser sends as its Origin: expected a scheme, a host and, "
      "unless it is the scheme's own, a port, and nothing behind them; write {} in ai.server.cors",
      Quoted(origin),
      meant.empty() ? "an origin such as \"https://app.example\", or \"*\" for all pages,"
                    : Quoted(meant)));
}

Status CheckAllowedHost(std::string_view host) {
  const size_t between = host.find(kBetween);
  std::string_view meant =
      between == std::string_view::npos ? host : host.substr(between + kBetween.size());
  meant = meant.substr(0, meant.find_first_of("/?# \t"));
  if (!host.empty() && meant == host && host != "*") return {};
  return InvalidArgumentError(fmt::format(
      "ai.server.allowed_hosts has {}; expected a name or an address as the header "
      "Host has it, without scheme and path{}",
      Quoted(host), meant.empty() || meant == "*" ? "" : ", as " + Quoted(std::string(meant))));
}

}  // namespace vetor
