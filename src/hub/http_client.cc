#include "hub/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "base/ascii.h"
#include "base/utf8.h"

namespace vetor {
namespace {

constexpr size_t kMaxCollectedBytes = 64ULL << 20;
constexpr size_t kMaxDroppedBytes = 1ULL << 20;
// Bound of one header line; a signed address takes 2 kB.
constexpr size_t kMaxHeaderBytes = 64ULL << 10;

// The state that Send shares with libcurl's callbacks.
struct Exchange {
  const HubRequest& request;
  HubResponse response = {};
  Status failure = {};
  size_t dropped = 0;  // Bytes of a body that nobody reads.
};

// "HTTP/1.1 206 Partial Content"
int StatusOf(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  int status = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

size_t TakeHeader(char* data, size_t size, size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  std::string_view line(data, size * count);
  if (line.size() > kMaxHeaderBytes) return 0;
  if (line.starts_with("HTTP/")) {  // A new answer begins, for example after 100 Continue.
    exchange->response = {};
    exchange->response.status = StatusOf(line);
    return line.size();
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  const std::string name = AsciiLower(line.substr(0, colon));
  std::string_view value = line.substr(colon + 1);
  const size_t begin = value.find_first_not_of(" \t\r\n");
  const size_t end = value.find_last_not_of(" \t\r\n");
  value = begin == std::string_view::npos ? "" : value.substr(begin, end - begin + 1);
  exchange->response.headers[name] = std::string(value);
  return line.size();
}

size_t TakeBody(char* data, size_t size, size_t count, void* user) {
  auto* exchange = static_cast<Exchange*>(user);
  const std::string_view bytes(data, size * count);
  HubResponse& response = exchange->response;
  if (response.status != 200 && response.status != 206) {
    exchange->dropped += bytes.size();
    return exchange->dropped <= kMaxDroppedBytes ? bytes.size() : CURL_WRITEFUNC_ERROR;
  }
  if (exchange->request.on_body) {
    exchange->failure = exchange->request.on_body(response, bytes);
  } else if (response.body.size() + bytes.size() > kMaxCollectedBytes) {
    exchange->failure = DataLossError("the server's answer is longer than 64 MiB");
  } else {
    response.body.append(bytes);
  }
  return exchange->failure.ok() ? bytes.size() : CURL_WRITEFUNC_ERROR;
}

int CheckStop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(user)->request.stop.stop_requested() ? 1 : 0;
}

// libcurl's own error text, made fit for a message: its words about a proxy or an address can hold
// a password.
std::string CurlWords(CURLcode code, const char* words, const Exchange& exchange) {
  std::string text = words;
  // The server took the connection and stayed silent; libcurl then speaks of a rate.
  if (text.starts_with("Operation too slow") && exchange.response.status == 0) {
    return fmt::format("no answer within {} s", exchange.request.timeout.count());
  }
  if (text.empty() || text.find('@') != std::string::npos) text = curl_easy_strerror(code);
  text = WithoutSecrets(ReplaceInvalidUtf8(text));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < 32) || c == 127; }, ' ');
  return text;
}

bool MayGoBetter(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;
  char error[CURL_ERROR_SIZE] = {};
};

HttpClient::HttpClient() : handle_(std::make_unique<Handle>()) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kReady == CURLE_OK) handle_->curl = curl_easy_init();
}

HttpClient::~HttpClient() {
  curl_slist_free_all(handle_->headers);
  if (handle_->curl != nullptr) curl_easy_cleanup(handle_->curl);
}

void HttpClient::Prepare(const HubRequest& request) {
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);  // This resets only options; connections stay open.
  curl_slist_free_all(handle_->headers);
  handle_->headers = nullptr;
  handle_->error[0] = '\0';
  for (const std::string& header : request.headers) {
    handle_->headers = curl_slist_append(handle_->headers, header.c_str());
  }
  // NOLINTNEXTLINE(google-runtime-int): libcurl takes a long.
  const auto seconds = static_cast<long>(request.timeout.count());
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOBODY, request.head ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, handle_->headers);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "vetor/" VETOR_VERSION);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  const std::chrono::seconds connect =
      request.connect.count() > 0 ? request.connect : request.timeout;
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(connect.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(request.least_rate));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, seconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(request.total.count()));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle_->error);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, CheckStop);
}

HttpOutcome HttpClient::Send(const HubRequest& request) {
  CURL* curl = handle_->curl;
  if (curl == nullptr) return {InternalError("libcurl does not start"), false, {}};
  Exchange exchange{request};
  Prepare(request);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
  const CURLcode code = curl_easy_perform(curl);
  HttpOutcome outcome;
  // Status and headers have arrived, and nothing else of such an answer is read.
  const bool dropped = code == CURLE_WRITE_ERROR && exchange.dropped > kMaxDroppedBytes;
  if (code == CURLE_OK || dropped) {
    outcome.response = std::move(exchange.response);
    return outcome;
  }
  if (!exchange.failure.ok()) {
    outcome.status = std::move(exchange.failure);
  } else if (request.stop.stop_requested()) {
    outcome.status = CancelledError("interrupted");
  } else {
    const Result<Origin> origin = OriginOf(request.url);  // A signed address is a secret.
    outcome.status =
        UnavailableError(fmt::format("{}: {}", origin.ok() ? origin->host : "the server",
                                     CurlWords(code, handle_->error, exchange)));
    curl_off_t spent_us = 0;
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &spent_us);
    // libcurl's clock and its timer differ by some milliseconds.
    const auto nearly_all = std::chrono::microseconds(request.total) * 9 / 10;
    const bool used_up =
        request.total.count() > 0 && std::chrono::microseconds(spent_us) >= nearly_all;
    outcome.retry = MayGoBetter(code) && !used_up;
    outcome.timed_out = code == CURLE_OPERATION_TIMEDOUT;
  }
  outcome.response = std::move(exchange.response);
  return outcome;
}

}  // namespace vetor
