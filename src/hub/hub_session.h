// Requests to one hub as its protocol wants them: sends the token only to the hub itself, follows
// redirects by hand, and tries again if that may help.
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

/// Waits that long or until `stop` is requested; tests put their own in place.
using WaitFunction =
    std::function<void(std::chrono::milliseconds time, const std::stop_token& stop)>;
void WaitUnlessStopped(std::chrono::milliseconds time, const std::stop_token& stop);

/// For one thread at a time.
class HubSession {
 public:
  /// `settings` must outlive the session.
  HubSession(const HubSettings& settings, std::stop_token stop, WaitFunction wait);

  /// INVALID_ARGUMENT if HF_ENDPOINT is not an address, or has a query.
  Status CheckEndpoint() const;

  /// GET of the listing. Redirects are followed. Errors: those of DescribeHttpError; CANCELLED;
  /// UNAVAILABLE if five tries (with a copy two, and one if the server is silent) did not reach the
  /// server, or if it took six times the metadata timeout to answer; DATA_LOSS for redirects that
  /// loop or lead from https to http.
  Result<HttpResponse> GetListing(const HubTarget& target);
  /// HEAD of a file. Stops at a redirect to another host: the facts are in the redirect itself.
  /// Headers that the last answer lacks come from the relative redirects before it.
  Result<HttpResponse> HeadFile(const HubTarget& target);
  /// One try of GET of a file from byte `offset` on, redirects followed. An answer that is not 200,
  /// 206 or 416 is in `outcome.status` already, in words.
  HttpOutcome GetFile(const HubTarget& target, uint64_t offset,
                      std::function<Status(const HttpResponse&, std::string_view)> on_body);

  /// There is a copy to take in place of an answer, so the waits for an answer are short.
  void set_has_copy() { has_copy_ = true; }
  /// True to try again, after the wait that the answer asks for. `tries` were made in vain. The
  /// waits that answers ask for are kept up to kLongestWait in all.
  bool WaitToRetry(const HttpOutcome& outcome, int tries);

  /// The status of the last answer; 0 if there was none.
  int last_status() const { return last_status_; }

  const HubSettings& settings() const { return settings_; }
  const std::stop_token& stop() const { return stop_; }
  void Wait(std::chrono::milliseconds time) { wait_(time, stop_); }

 private:
  /// DescribeHttpError without the token, which a server may have quoted.
  Status Describe(const HttpResponse& response, const HubTarget& target) const;
  enum class Follow { kAll, kRelative };
  HttpOutcome SendFollowing(HttpRequest request, Follow follow);
  HttpRequest MetadataRequest(std::string url) const;
  bool TryAgain(const HttpOutcome& outcome, int tries);
  Result<HttpResponse> SendUntilAnswered(const HttpRequest& request, Follow follow,
                                         const HubTarget& target);

  const HubSettings& settings_;
  std::stop_token stop_;
  WaitFunction wait_;
  HttpClient client_;
  int last_status_ = 0;
  std::chrono::seconds waited_{0};  ///< The waits that answers asked for, together.
  bool has_copy_ = false;
};

}  // namespace vetor
