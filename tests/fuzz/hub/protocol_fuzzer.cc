// libFuzzer gives the answers of a hub. The first line says what the rest is: "listing", "file
// NAME" for the address of that name, or a status and then "name: value" lines. No name leaves the
// model's folder, no message holds a secret part of an address, and no redirect goes from https to
// http. If an address counts as the hub's own, which gets the token, libcurl sees the same host in
// it.
#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "hub/file_selection.h"
#include "hub/protocol.h"

namespace {

using vetor::HubResponse;
using vetor::HubTarget;

const std::string kCommit(40, 'a');
// Addresses that HF_ENDPOINT could hold.
constexpr const char* kHubs[] = {"https://hub.example", "https://hub.example:8443",
                                 "http://hub.example", "https://[::1]:8443"};

void Require(bool right) {
  if (!right) std::abort();
}

// Takes the text up to the line feed, and the line feed.
std::string_view TakeLine(std::string_view* text) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

// An address, split by libcurl.
class CurlAddress {
 public:
  explicit CurlAddress(const std::string& url)
      : url_(curl_url(), curl_url_cleanup),
        ok_(curl_url_set(url_.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {}

  bool ok() const { return ok_; }
  std::string Part(CURLUPart part, unsigned flags = 0) const {
    char* text = nullptr;
    if (curl_url_get(url_.get(), part, &text, flags) != CURLUE_OK) return "";
    std::string copy = text;
    curl_free(text);
    return copy;
  }

 private:
  std::unique_ptr<CURLU, void (*)(CURLU*)> url_;
  bool ok_;
};

// libcurl does not fetch an address that it refuses.
void CheckOrigin(const std::string& url, const vetor::Origin& origin) {
  const CurlAddress address(url);
  const bool hub = std::any_of(std::begin(kHubs), std::end(kHubs),
                               [&](const char* hub) { return *vetor::OriginOf(hub) == origin; });
  if (!hub || !address.ok()) return;
  const std::string host = Lower(address.Part(CURLUPART_HOST));
  Require(origin.host == host + ":" + address.Part(CURLUPART_PORT, CURLU_DEFAULT_PORT));
  Require(origin.scheme == Lower(address.Part(CURLUPART_SCHEME)));
  Require(address.Part(CURLUPART_USER).empty() && address.Part(CURLUPART_PASSWORD).empty());
}

size_t AddressesIn(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find("://", at)) != std::string_view::npos; at += 3) ++count;
  return count;
}

// After "://" comes a host and nothing more of the address.
void CheckMessage(std::string_view message) {
  Require(vetor::FindInvalidUtf8(message) == vetor::kValidUtf8);
  Require(std::none_of(message.begin(), message.end(),
                       [](char c) { return (c >= 0 && c < 32) || c == 127; }));
  for (size_t at = 0; (at = message.find("://", at)) != std::string_view::npos;) {
    at += 3;
    const std::string_view rest = message.substr(at, message.find_first_of(" \"'<>;", at) - at);
    Require(rest.find_first_of("@?#\\") == std::string_view::npos);
  }
}

void CheckListing(std::string_view body) {
  const auto listing = vetor::ParseListing(body, {.id = "org/name"});
  if (!listing.ok()) return CheckMessage(listing.status().message());
  Require(vetor::IsCommit(listing->commit) && listing->files.size() <= vetor::kMaxListedFiles);
  for (const std::string& file : listing->files) {
    Require(vetor::IsPlainRelativePath(file));
    const std::filesystem::path place = (std::filesystem::path("/a/b") / file).lexically_normal();
    Require(place.string().starts_with("/a/b/"));
  }
  Require(vetor::LooksLikeListing(body));
  const auto again = vetor::ParseListing(vetor::WriteListing(*listing), {.id = "org/name"});
  Require(again.ok() && again->commit == listing->commit && again->files == listing->files);
  const auto selected = vetor::SelectFiles(listing->files, true, {"*.bin", "??*"});
  if (!selected.ok()) return;
  for (const std::string& file : selected->files) {
    Require(std::find(listing->files.begin(), listing->files.end(), file) != listing->files.end());
  }
}

// The address of a file leads libcurl to that file of that repository.
void CheckFileAddress(std::string_view name) {
  if (!vetor::IsPlainRelativePath(name)) return;
  const HubTarget target{.id = "org/name", .revision = kCommit, .file = std::string(name)};
  const CurlAddress address(vetor::FileUrl("https://hub.example", target));
  Require(address.ok() && address.Part(CURLUPART_HOST) == "hub.example");
  Require(address.Part(CURLUPART_PATH, CURLU_URLDECODE) ==
          "/org/name/resolve/" + kCommit + "/" + target.file);
  Require(address.Part(CURLUPART_QUERY).empty() && address.Part(CURLUPART_FRAGMENT).empty());
}

void CheckRedirects(const HubResponse& response) {
  for (const std::string from :
       {"https://hub.example/org/name/resolve/main/f.bin?x=1#y", "http://hub.example:80/a",
        "https://hub.example", "https://other.example/x", "https://[::1]:8443/a"}) {
    const auto next = vetor::RedirectTarget(from, response);
    if (!next.ok()) {
      CheckMessage(next.status().message());
      continue;
    }
    const auto origin = vetor::OriginOf(*next);
    Require(origin.ok());
    Require(!from.starts_with("https") || origin->scheme == "https");
    CheckOrigin(*next, *origin);
    // If a redirect counts as the hub's own, it stays at the hub's host.
    if (vetor::IsRelativeRedirect(response)) Require(*origin == *vetor::OriginOf(from));
  }
}

void CheckAnswer(const HubResponse& response) {
  const HubTarget target{.id = "org/name", .revision = "main", .file = "f.bin", .token_sent = true};
  const auto facts = vetor::ReadFileFacts(response, target, kCommit);
  if (facts.ok()) {
    Require(!facts->etag.empty() && facts->etag.find('/') == std::string::npos);
    Require(facts->etag != "." && facts->etag != ".." && facts->size <= vetor::kMaxFileBytes);
  } else {
    CheckMessage(facts.status().message());
  }
  for (const auto& [name, value] : response.headers) {
    (void)vetor::ParseContentRangeStart(value);
    const std::string shown = vetor::WithoutSecrets(value);
    // Each host grows to "..." at most.
    Require(vetor::WithoutSecrets(shown) == shown &&
            shown.size() <= value.size() + 3 * AddressesIn(value));
  }
  for (const int tries : {1, 5, 100}) {
    const auto delay = vetor::RetryDelay(&response, tries);
    Require(delay.count() >= 0 && delay <= vetor::kLongestWait + std::chrono::seconds(1));
  }
  CheckMessage(vetor::DescribeHttpError(response, target).message());
  CheckRedirects(response);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view kind = TakeLine(&text);
  if (kind == "listing") {
    CheckListing(text);
    return 0;
  }
  if (kind.starts_with("file ")) {
    CheckFileAddress(kind.substr(5));
    return 0;
  }
  HubResponse response{.status = 302};
  std::from_chars(kind.data(), kind.data() + kind.size(), response.status);
  while (!text.empty()) {
    const std::string_view line = TakeLine(&text);
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    response.headers[std::string(line.substr(0, colon))] = line.substr(colon + 2);
  }
  CheckAnswer(response);
  return 0;
}
