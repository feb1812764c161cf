// Sends requests to one hub as its protocol asks: the token goes only to the hub itself, redirects
// are followed by hand, and a request is repeated if that may help.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "hub/http_client.h"
#include "hub/hub_settings.h"
#include "hub/protocol.h"
#include "vetor/status.h"

namespace vetor {

/// Waits that long, or until `stop` is requested; tests use functions of their own.
using WaitFunction =
    std::function<void(std::chrono::milliseconds time, const std::stop_token& stop)>;
void WaitUnlessStopped(std::chrono::milliseconds time, const std::stop_token& stop);

/// Used by one thread at a time.
class HubSession {
 public:
  /// `settings` must outlive the session.
  HubSession(const HubSettings& settings, std::stop_token stop, WaitFunction wait);

  /// INVALID_ARGUMENT if HF_ENDPOINT is not an address, or has a query.
  Status CheckEndpoint() const;

  /// Gets the listing and follows redirects. Errors: those of DescribeHttpError; CANCELLED;
  /// UNAVAILABLE if five tries did not reach the server (with a copy in the cache two tries, and
  /// one if the server is silent), or if the answer took six times the metadata timeout; DATA_LOSS
  /// for redirects that loop or lead from https to http.
  Result<HubResponse> GetListing(const HubTarget& target);
  /// Sends HEAD for a file. It stops at a redirect to another host, because the redirect itself
  /// holds the facts. Headers that the last answer lacks come from the relative redirects before
  /// it.
  Result<HubResponse> HeadFile(const HubTarget& target);
  /// Tries once to GET a file from byte `offset` on, and follows redirects. If the answer is not
  /// 200, 206 or 416, `outcome.status` describes it.
  HttpOutcome GetFile(const HubTarget& target, uint64_t offset,
                      std::function<Status(const HubResponse&, std::string_view)> on_body);

  /// Says that a copy can replace an answer, so the waits for an answer are short.
  void set_has_copy() { has_copy_ = true; }
  /// Waits as the answer asks, and returns true if the request is to be repeated. `tries` were made
  /// in vain. All waits that answers ask for may take kLongestWait together.
  bool WaitToRetry(const HttpOutcome& outcome, int tries);

  /// The status of the last answer; 0 if there was none.
  int last_status() const { return last_status_; }

  const HubSettings& settings() const { return settings_; }
  const std::stop_token& stop() const { return stop_; }
  void Wait(std::chrono::milliseconds time) { wait_(time, stop_); }

 private:
  /// As DescribeHttpError, without the token, which a server may have quoted.
  Status Describe(const HubResponse& response, const HubTarget& target) const;
  enum class Follow { kAll, kRelative };
  HttpOutcome SendFollowing(HubRequest request, Follow follow);
  HubRequest MetadataRequest(std::string url) const;
  bool TryAgain(const HttpOutcome& outcome, int tries);
  Result<HubResponse> SendUntilAnswered(const HubRequest& request, Follow follow,
                                        const HubTarget& target);

  const HubSettings& settings_;
  std::stop_token stop_;
  WaitFunction wait_;
  HttpClient client_;
  int last_status_ = 0;
  std::chrono::seconds waited_{0};  ///< The sum of the waits that answers asked for.
  bool has_copy_ = false;
};

}  // namespace vetor
