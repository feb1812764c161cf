#include "cli/doctor/server_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "vetor/server.h"
#include "vetor/settings.h"

namespace vetor::cli {
namespace {

// Certificates that renew themselves do it 30 days before their end.
constexpr int kDaysToRenew = 14;

bool IsDefault(const ServerConfig& config) {
  const ServerConfig defaults;
  return std::ranges::all_of(ServerSettingsTable(), [&](const ServerSetting& setting) {
    return setting.get(config) == setting.get(defaults);
  });
}

void Worsen(CheckState state, const std::string& remedy, DoctorCheck* check) {
  check->state = std::max(check->state, state);
  check->remedy += (check->remedy.empty() ? "" : "\n") + remedy;
}

void JudgeCertificate(const ServerSafety& safety, DoctorCheck* check) {
  check->detail += fmt::format("\nTLS: the certificate of {} is valid until {} ({} days)",
                               safety.certificate, safety.valid_until, safety.days_left);
  if (safety.days_left < 0) {
    Worsen(CheckState::kWrong, "renew the certificate; then SIGHUP makes the server read it",
           check);
  } else if (safety.days_left < kDaysToRenew) {
    Worsen(CheckState::kNote, "renew the certificate soon; then SIGHUP makes the server read it",
           check);
  }
}

void JudgeAddress(const ServerSafety& safety, DoctorCheck* check) {
  if (!safety.others_reach_it) return;
  if (!safety.has_key) {
    Worsen(CheckState::kNote, "other machines may reach it: set ai.server.api_key_file", check);
  }
  if (safety.certificate.empty()) {
    Worsen(CheckState::kNote,
           "texts and keys are not encrypted: set ai.server.tls_cert and ai.server.tls_key, or let "
           "a proxy do that",
           check);
  }
}

}  // namespace

std::optional<DoctorCheck> CheckServer(const ServerConfig& config) {
  if (IsDefault(config)) return std::nullopt;
  DoctorCheck check{.name = "server"};
  const Result<ServerSafety> safety = ReadServerSafety(config);
  if (!safety.ok()) {
    check.state = CheckState::kWrong;
    check.detail = safety.status().message();
    check.remedy = "vetor serve does not start with it; correct it";
    return check;
  }
  check.detail = config.socket.empty()
                     ? fmt::format("vetor serve listens on {}:{}", config.host, config.port)
                     : fmt::format("vetor serve listens on the socket {}", config.socket);
  check.detail +=
      safety->has_key ? "\nrequests must show the API key" : "\nrequests need no API key";
  if (safety->certificate.empty()) {
    check.detail += "\nno TLS";
  } else {
    JudgeCertificate(*safety, &check);
  }
  JudgeAddress(*safety, &check);
  return check;
}

}  // namespace vetor::cli
