#include "hub/hub_session.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/status_macros.h"
#include "os/log.h"

namespace vetor {
namespace {

constexpr int kMaxRedirects = 10;
// A listing or the answer to HEAD has some kB: it arrives within this many timeouts, or never.
constexpr int kMetadataTimeouts = 6;
// The least rate of a file, in bytes per second; the slowest modem had five times as many.
constexpr int64_t kLeastFileRate = 1000;
constexpr std::chrono::seconds kWaitWorthSaying{5};
// If the cache has a copy, it is better to use it than to wait longer for an answer.
constexpr std::chrono::seconds kLongestWaitWithACopy{10};
constexpr int kTriesWithACopy = 2;
constexpr const char* kEndpointRemedy =
    "; set it to the address of a model hub, or unset it for the public one";

}  // namespace

void WaitUnlessStopped(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, time, [] { return false; });
}

HubSession::HubSession(const HubSettings& settings, std::stop_token stop, WaitFunction wait)
    : settings_(settings),
      stop_(std::move(stop)),
      wait_(wait ? std::move(wait) : WaitFunction(WaitUnlessStopped)) {}

Status HubSession::CheckEndpoint() const {
  const Result<Origin> origin = OriginOf(settings_.endpoint);
  if (!origin.ok()) {
    return Status(origin.status().code(),
                  "HF_ENDPOINT: " + origin.status().message() + kEndpointRemedy);
  }
  if (settings_.endpoint.find_first_of("?#") == std::string::npos) return Status();
  return InvalidArgumentError("HF_ENDPOINT: address " + WithoutSecrets(settings_.endpoint) +
                              ": expected scheme, host and path, without a query" +
                              kEndpointRemedy);
}

Status HubSession::Describe(const HubResponse& response, const HubTarget& target) const {
  Status status = DescribeHttpError(response, target);
  std::string message = status.message();
  if (settings_.token.empty()) return status;
  for (size_t at = 0; (at = message.find(settings_.token, at)) != std::string::npos;) {
    message.replace(at, settings_.token.size(), "(the token)");
    at += 11;
  }
  return Status(status.code(), std::move(message));
}

HubRequest HubSession::MetadataRequest(std::string url) const {
  HubRequest request{.url = std::move(url), .timeout = settings_.metadata_timeout};
  if (has_copy_) {
    request.timeout = settings_.answer_with_copy;
    request.connect = settings_.connect_with_copy;
  }
  request.total = kMetadataTimeouts * request.timeout;
  return request;
}

Result<HubResponse> HubSession::GetListing(const HubTarget& target) {
  HubRequest request = MetadataRequest(RevisionUrl(settings_.endpoint, target));
  request.headers = {"accept: application/json"};
  return SendUntilAnswered(request, Follow::kAll, target);
}

Result<HubResponse> HubSession::HeadFile(const HubTarget& target) {
  HubRequest request = MetadataRequest(FileUrl(settings_.endpoint, target));
  request.head = true;
  return SendUntilAnswered(request, Follow::kRelative, target);
}

HttpOutcome HubSession::GetFile(
    const HubTarget& target, uint64_t offset,
    std::function<Status(const HubResponse&, std::string_view)> on_body) {
  HubRequest request{.url = FileUrl(settings_.endpoint, target),
                     .timeout = settings_.download_timeout,
                     .least_rate = kLeastFileRate,
                     .on_body = std::move(on_body)};
  if (offset > 0) request.headers.push_back(fmt::format("range: bytes={}-", offset));
  HttpOutcome outcome = SendFollowing(std::move(request), Follow::kAll);
  const int status = outcome.response.status;
  if (outcome.status.ok() && status != 200 && status != 206 && (status != 416 || offset == 0)) {
    outcome.status = Describe(outcome.response, target);
    outcome.retry = IsRetryable(status);
  }
  return outcome;
}

bool HubSession::WaitToRetry(const HttpOutcome& outcome, int tries) {
  if (!outcome.retry || tries >= kTriesWithoutProgress || stop_.stop_requested()) return false;
  const bool answered = outcome.response.status >= 400;
  const std::chrono::seconds delay = RetryDelay(answered ? &outcome.response : nullptr, tries);
  if (has_copy_ && delay > kLongestWaitWithACopy) return false;
  if (answered && waited_ + delay > kLongestWait) {
    Log(LogLevel::kWarning,
        "the hub asks to wait {} s or more; {} s were waited, and a pull waits {} s in all at most",
        delay.count() - 1, waited_.count(), kLongestWait.count());
    return false;
  }
  if (answered) waited_ += delay;
  const std::string bound =
      answered ? fmt::format(" (a pull waits {} s in all at most)", kLongestWait.count()) : "";
  Log(delay >= kWaitWorthSaying ? LogLevel::kWarning : LogLevel::kDebug,
      "{}; trying again in {} s{}", outcome.status.message(), delay.count(), bound);
  Wait(delay);
  return !stop_.stop_requested();
}

HttpOutcome HubSession::SendFollowing(HubRequest request, Follow follow) {
  request.stop = stop_;
  const std::vector<std::string> headers = request.headers;
  const Result<Origin> hub = OriginOf(settings_.endpoint);
  std::map<std::string, std::string> earlier;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    request.headers = headers;
    // The length of a compressed answer is not the file's, and this client does not decompress.
    request.headers.emplace_back("accept-encoding: identity");
    // Only the hub gets the token; the storage that it redirects to gets its rights from the
    // address.
    const Result<Origin> here = OriginOf(request.url);
    if (!settings_.token.empty() && hub.ok() && here.ok() && *hub == *here) {
      request.headers.push_back("authorization: Bearer " + settings_.token);
    }
    HttpOutcome outcome = client_.Send(request);
    last_status_ = outcome.response.status;
    outcome.response.headers.insert(earlier.begin(), earlier.end());
    if (!outcome.status.ok() || !IsRedirect(outcome.response.status)) return outcome;
    const Result<std::string> next = RedirectTarget(request.url, outcome.response);
    if (!next.ok()) return {next.status(), false, {}};
    if (follow == Follow::kRelative && !IsRelativeRedirect(outcome.response)) return outcome;
    request.url = *next;
    if (request.head) {
      earlier = std::move(outcome.response.headers);
      for (const char* own : {"location", "content-length", "content-encoding", "etag"}) {
        earlier.erase(own);
      }
    }
  }
  return {
      DataLossError(fmt::format(
          "{} answers with more than {} redirects in a row; check that HF_ENDPOINT is a model hub",
          hub.ok() ? hub->host : "the hub", kMaxRedirects)),
      false,
      {}};
}

// For requests before the first byte of a file, whose answers a copy can replace.
bool HubSession::TryAgain(const HttpOutcome& outcome, int tries) {
  if (has_copy_ && (outcome.timed_out || tries >= kTriesWithACopy)) return false;
  return WaitToRetry(outcome, tries);
}

Result<HubResponse> HubSession::SendUntilAnswered(const HubRequest& request, Follow follow,
                                                  const HubTarget& target) {
  for (int tries = 1;; ++tries) {
    HttpOutcome outcome = SendFollowing(request, follow);
    if (outcome.status.ok()) {
      const int status = outcome.response.status;
      if (status == 200 || IsRedirect(status)) return std::move(outcome.response);
      outcome.status = Describe(outcome.response, target);
      outcome.retry = IsRetryable(status);
    }
    if (TryAgain(outcome, tries)) continue;
    if (stop_.stop_requested()) return CancelledError("interrupted");
    return std::move(outcome.status);
  }
}

}  // namespace vetor
