#include "hub/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"

namespace vetor {
namespace {

constexpr size_t kMaxIdBytes = 96;
constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMaxServerWords = 300;
constexpr size_t kMaxSchemeBytes = 10;

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<uint64_t> Number(std::string_view text) {
  text = TrimBlanks(text);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Escapes as RFC 3986 says; unreserved bytes stay. `keep_slash` is for paths, whose slashes are
// separators.
std::string PercentEncode(std::string_view text, bool keep_slash) {
  std::string encoded;
  for (const char c : text) {
    if (IsAlnum(c) || c == '-' || c == '_' || c == '.' || c == '~' || (keep_slash && c == '/')) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

bool IsHubName(std::string_view name) {
  if (name.empty()) return false;
  for (const char end : {name.front(), name.back()}) {
    if (end == '-' || end == '.') return false;
  }
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool IsHostByte(char c) {
  return IsAlnum(c) || c == '-' || c == '.' || c == '_' || c == ':' || c == '[' || c == ']';
}

// The part of the address after "://" that may be shown.
std::string_view ShownHost(std::string_view rest) {
  const size_t end = std::min(rest.find_first_of("/?#\\"), rest.size());
  std::string_view host = rest.substr(0, end);
  // If the password holds a slash, the text before it looks like a host and a port.
  if (rest.find('@', end) != std::string_view::npos && host.find(':') != std::string_view::npos) {
    return "...";
  }
  const size_t user = host.rfind('@');
  if (user != std::string_view::npos) host.remove_prefix(user + 1);
  return std::all_of(host.begin(), host.end(), IsHostByte) ? host : "...";
}

// The server's own words, made fit for a terminal.
std::string ServerWords(const HubResponse& response) {
  const std::string* message = response.Header("x-error-message");
  if (message == nullptr || message->empty()) return "";
  std::string words = ReplaceInvalidUtf8(message->substr(0, kMaxServerWords));
  std::replace_if(
      words.begin(), words.end(), [](char c) { return (c >= 0 && c < 32) || c == 127; }, ' ');
  return "; the hub says: " + WithoutSecrets(words);
}

std::string Name(const HubTarget& target) {
  return target.file.empty() ? target.id : target.file + " of " + target.id;
}

Status MissingOrPrivate(const HubTarget& target, const std::string& words) {
  const char* remedy = target.token_sent
                           ? "the token that was sent may not see it; check the name and the token"
                           : "check the name; for a private one set HF_TOKEN";
  return NotFoundError(
      fmt::format("the hub has no model {}, or it is private (the hub answers both alike): {}{}",
                  target.id, remedy, words));
}

Status Gated(const HubTarget& target, const std::string& words) {
  return PermissionDeniedError(
      fmt::format("{} is gated: accept its terms on its page at the hub{}{}", target.id,
                  target.token_sent ? ", with the account whose token was sent"
                                    : ", then set HF_TOKEN to a token of that account",
                  words));
}

Status Malformed(const HubTarget& target, std::string_view what) {
  return DataLossError(
      fmt::format("{}: the server's answer {}; check that HF_ENDPOINT is a model hub and that no "
                  "proxy changes its answers",
                  Name(target), what));
}

// The facts that WriteListing wrote for a file; nullopt if they are missing or have another form.
std::optional<FileFacts> KeptFacts(const boost::json::object& file) {
  const auto* size = file.if_contains("size");
  const auto* etag = file.if_contains("etag");
  if (size == nullptr || etag == nullptr || !etag->is_string()) return std::nullopt;
  const int64_t* bytes = size->if_int64();
  const std::optional<std::string> tag = ParseETag(std::string_view(etag->get_string()));
  if (bytes == nullptr || !tag || *bytes < 0) return std::nullopt;
  return FileFacts{*tag, static_cast<uint64_t>(*bytes)};
}

}  // namespace

const std::string* HubResponse::Header(std::string_view lower_case_name) const {
  const auto found = headers.find(std::string(lower_case_name));
  return found == headers.end() ? nullptr : &found->second;
}

bool IsHubId(std::string_view id) {
  if (id.size() > kMaxIdBytes || id.find("--") != std::string_view::npos ||
      id.find("..") != std::string_view::npos) {
    return false;
  }
  const size_t slash = id.find('/');
  if (slash == std::string_view::npos) return IsHubName(id);
  return IsHubName(id.substr(0, slash)) && IsHubName(id.substr(slash + 1));
}

bool IsCommit(std::string_view revision) {
  return revision.size() == 40 && revision.find_first_not_of("0123456789abcdef") == revision.npos;
}

std::string RevisionUrl(std::string_view endpoint, const HubTarget& target) {
  return fmt::format("{}/api/models/{}/revision/{}", endpoint, target.id,
                     PercentEncode(target.revision, false));
}

std::string FileUrl(std::string_view endpoint, const HubTarget& target) {
  return fmt::format("{}/{}/resolve/{}/{}", endpoint, target.id,
                     PercentEncode(target.revision, false), PercentEncode(target.file, true));
}

Result<Origin> OriginOf(std::string_view url) {
  const auto refuse = [&](std::string_view why) {
    const size_t colon = url.find("://");
    const bool shown = colon <= kMaxSchemeBytes;
    return InvalidArgumentError(
        fmt::format("address{}{}: {}", shown ? " " : "",
                    shown ? WithoutSecrets(url.substr(0, kMaxServerWords)) : "", why));
  };
  const bool plain =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 32 && c < 127 && c != '\\'; });
  if (!plain) return Status(StatusCode::kInvalidArgument, "address with spaces or control bytes");
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) return refuse("expected http:// or https://");
  Origin origin;
  origin.scheme = AsciiLower(url.substr(0, colon));
  if (origin.scheme != "http" && origin.scheme != "https") {
    return refuse("expected http:// or https://");
  }
  const std::string_view rest = url.substr(colon + 3);
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.find('@') != std::string_view::npos) return refuse("a user before the host");
  origin.host = AsciiLower(host);
  // A port follows the last colon, unless that is inside an IPv6 address in brackets.
  const size_t port = origin.host.rfind(':');
  const bool named = port != std::string::npos && origin.host.find(']', port) == std::string::npos;
  if (origin.host.substr(0, named ? port : std::string::npos).empty()) return refuse("no host");
  if (named && origin.host.find_first_not_of("0123456789", port + 1) != std::string::npos) {
    return refuse("a port that is not a number");
  }
  if (!named) origin.host += origin.scheme == "https" ? ":443" : ":80";
  return origin;
}

std::string WithoutSecrets(std::string_view text) {
  std::string shown;
  while (true) {
    const size_t colon = text.find("://");
    if (colon == std::string_view::npos) return shown + std::string(text);
    shown += text.substr(0, colon + 3);
    text.remove_prefix(colon + 3);
    const std::string_view rest = text.substr(0, text.find_first_of(" \t\r\n\"'<>"));
    shown += ShownHost(rest);
    text.remove_prefix(rest.size());
  }
}

std::string ShownWord(std::string_view word) { return WithoutSecrets(Quoted(word)); }

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool IsRelativeRedirect(const HubResponse& response) {
  const std::string* location = response.Header("location");
  return IsRedirect(response.status) && location != nullptr &&
         location->find("://") == std::string::npos && !location->starts_with("//");
}

Result<std::string> RedirectTarget(std::string_view url, const HubResponse& response) {
  const std::string* location = response.Header("location");
  if (location == nullptr || location->empty()) {
    return DataLossError(fmt::format("a redirect ({}) without a Location", response.status));
  }
  VETOR_ASSIGN_OR_RETURN(const Origin from, OriginOf(url));
  std::string next;
  if (location->find("://") < location->find_first_of("/?#")) {
    next = *location;
  } else if (location->starts_with("//")) {
    next = from.scheme + ":" + *location;
  } else {
    const size_t host = url.find("://") + 3;
    const size_t path = std::min(url.find_first_of("/?#", host), url.size());
    if (location->starts_with("/")) {
      next = std::string(url.substr(0, path)) + *location;
    } else {
      const std::string_view bare = url.substr(0, std::min(url.find_first_of("?#"), url.size()));
      const size_t slash = bare.rfind('/');
      next = (slash >= path ? std::string(bare.substr(0, slash + 1))
                            : std::string(url.substr(0, path)) + "/") +
             *location;
    }
  }
  const Result<Origin> to = OriginOf(next);
  if (!to.ok()) {
    return DataLossError("a redirect that cannot be followed: " + to.status().message());
  }
  if (from.scheme == "https" && to->scheme == "http") {
    return DataLossError("a redirect from https to http is refused: " + to->host);
  }
  return next;
}

std::optional<std::string> ParseETag(std::string_view header) {
  std::string_view tag = TrimBlanks(header);
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
    tag = tag.substr(1, tag.size() - 2);
  }
  const bool plain = IsPlainRelativePath(tag) && tag.size() <= kMaxNameBytes &&
                     !tag.ends_with(".incomplete") && !tag.ends_with(".lock") &&
                     std::all_of(tag.begin(), tag.end(), [](char c) {
                       return IsAlnum(c) || c == '-' || c == '_' || c == '.';
                     });
  return plain ? std::optional(std::string(tag)) : std::nullopt;
}

std::optional<uint64_t> ParseContentRangeStart(std::string_view header) {
  header = TrimBlanks(header);
  if (!header.starts_with("bytes ")) return std::nullopt;
  header.remove_prefix(6);
  return Number(header.substr(0, header.find('-')));
}

Status CheckIdentity(const HubResponse& response, const HubTarget& target) {
  constexpr std::string_view kGzipMagic = "\x1f\x8b";
  const std::string* header = response.Header("content-encoding");
  std::string encoding = header == nullptr ? "" : AsciiLower(TrimBlanks(*header));
  if (encoding.empty() || encoding == "identity") {
    if (!response.body.starts_with(kGzipMagic)) return Status();
    encoding = "gzip";
  }
  return Malformed(target, fmt::format("came compressed ({}) though it was asked for as it is",
                                       ShownWord(encoding)));
}

Result<FileFacts> ReadFileFacts(const HubResponse& response, const HubTarget& target,
                                std::string_view commit) {
  // Without this header the size is the length of what was sent, so it must be plain bytes.
  if (response.Header("x-linked-size") == nullptr) {
    VETOR_RETURN_IF_ERROR(CheckIdentity(response, target));
  }
  const auto first_of = [&](const char* first, const char* second) {
    const std::string* linked = response.Header(first);
    return linked != nullptr ? linked : response.Header(second);
  };
  const std::string* answered_commit = response.Header("x-repo-commit");
  if (answered_commit == nullptr) return Malformed(target, "has no X-Repo-Commit");
  if (*answered_commit != commit) {
    return Malformed(
        target, fmt::format("is for commit {}, expected {}", ShownWord(*answered_commit), commit));
  }
  const std::string* tag = first_of("x-linked-etag", "etag");
  const auto etag = tag == nullptr ? std::nullopt : ParseETag(*tag);
  if (!etag) return Malformed(target, "has no usable ETag");
  const std::string* length = first_of("x-linked-size", "content-length");
  const auto size = length == nullptr ? std::nullopt : Number(*length);
  if (!size) return Malformed(target, "does not say the file's size");
  if (*size > kMaxFileBytes) {
    return Malformed(target, fmt::format("says that the file has {} bytes", *size));
  }
  return FileFacts{*etag, *size};
}

bool IsRetryable(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status <= 599);
}

std::chrono::seconds RetryDelay(const HubResponse* response, int tries) {
  const std::chrono::seconds backoff{1 << std::clamp(tries - 1, 0, 3)};
  if (response == nullptr) return backoff;
  std::optional<uint64_t> asked;
  if (const std::string* after = response->Header("retry-after")) asked = Number(*after);
  const std::string* limit = response->Header("ratelimit");
  if (!asked && limit != nullptr && response->status == 429) {
    // RateLimit has the form "api";r=0;t=55
    const size_t at = limit->find(";t=");
    if (at != std::string::npos) {
      const std::string_view rest = std::string_view(*limit).substr(at + 3);
      asked = Number(rest.substr(0, rest.find_first_of(";,")));
    }
  }
  if (!asked) return backoff;
  const auto bound = static_cast<uint64_t>(kLongestWait.count());
  return std::chrono::seconds(std::min(*asked, bound) + 1);
}

Status DescribeHttpError(const HubResponse& response, const HubTarget& target) {
  const std::string* header = response.Header("x-error-code");
  const std::string code = header == nullptr ? "" : *header;
  const std::string words = ServerWords(response);
  const int status = response.status;
  if (code == "GatedRepo") return Gated(target, words);
  if (code == "RepoNotFound") return MissingOrPrivate(target, words);
  if (code == "RevisionNotFound") {
    return NotFoundError(fmt::format("{} has no revision {}; name a branch, a tag or a commit{}",
                                     target.id, target.revision, words));
  }
  if (code == "EntryNotFound") {
    return NotFoundError(fmt::format("{} at revision {} has no file {}{}", target.id,
                                     target.revision, target.file, words));
  }
  if (status == 401) return MissingOrPrivate(target, words);
  if (status == 403) {
    return PermissionDeniedError(fmt::format(
        "{}: access refused (403); {}{}", Name(target),
        target.token_sent ? "the token lacks the right to read it" : "set HF_TOKEN", words));
  }
  if (status == 404) {
    return NotFoundError(fmt::format("{} at revision {} is not at the hub (404); check its name{}",
                                     Name(target), target.revision, words));
  }
  if (status == 410) {
    return NotFoundError(fmt::format("{} at revision {} is gone from the hub (410){}", Name(target),
                                     target.revision, words));
  }
  if (status == 451) {
    return PermissionDeniedError(
        fmt::format("{}: the hub has withdrawn it for legal reasons (451){}", Name(target), words));
  }
  if (status == 416) {
    return DataLossError(
        fmt::format("{}: the server refuses the range of bytes asked for (416); pull again{}",
                    Name(target), words));
  }
  if (status == 429) {
    return ResourceExhaustedError(
        fmt::format("{}: too many requests (429); wait some minutes{}{}", Name(target),
                    target.token_sent ? "" : ", or set HF_TOKEN, which raises the limit", words));
  }
  if (IsRetryable(status)) {
    return UnavailableError(fmt::format("{}: the hub is in trouble ({}); try again later{}",
                                        Name(target), status, words));
  }
  if (status >= 400 && status <= 499 && status != 407) {
    return FailedPreconditionError(
        fmt::format("{}: the hub refuses the request ({}){}", Name(target), status, words));
  }
  return Malformed(target, fmt::format("has the unexpected status {}{}", status, words));
}

Result<RepositoryListing> ParseListing(std::string_view body, const HubTarget& target) {
  const Result<boost::json::value> parsed = ParseJson(body, "the listing of " + target.id);
  if (!parsed.ok() || !parsed->is_object()) return Malformed(target, "is not a JSON object");
  const boost::json::object& object = parsed->get_object();
  const auto* sha = object.if_contains("sha");
  const auto* siblings = object.if_contains("siblings");
  RepositoryListing listing;
  if (sha != nullptr && sha->is_string()) listing.commit = sha->get_string().c_str();
  if (!IsCommit(listing.commit)) return Malformed(target, "names no commit (sha)");
  if (siblings == nullptr || !siblings->is_array()) return Malformed(target, "lists no files");
  if (siblings->get_array().size() > kMaxListedFiles) {
    return Malformed(target, fmt::format("lists {} files, expected at most {}",
                                         siblings->get_array().size(), kMaxListedFiles));
  }
  for (const boost::json::value& sibling : siblings->get_array()) {
    const auto* name =
        sibling.is_object() ? sibling.get_object().if_contains("rfilename") : nullptr;
    if (name == nullptr || !name->is_string()) {
      return Malformed(target, "lists a file with no name");
    }
    listing.files.emplace_back(name->get_string().data(), name->get_string().size());
    if (!IsPlainRelativePath(listing.files.back())) {
      return DataLossError(fmt::format(
          "{} lists a file that would leave the model's folder: {}; nothing was fetched", target.id,
          ShownWord(listing.files.back())));
    }
    if (const auto facts = KeptFacts(sibling.get_object())) {
      listing.facts[listing.files.back()] = *facts;
    }
  }
  return listing;
}

std::string WriteListing(const RepositoryListing& listing) {
  boost::json::array siblings;
  for (const std::string& file : listing.files) {
    boost::json::object sibling = {{"rfilename", file}};
    if (const auto known = listing.facts.find(file); known != listing.facts.end()) {
      sibling["size"] = known->second.size;
      sibling["etag"] = known->second.etag;
    }
    siblings.push_back(std::move(sibling));
  }
  return boost::json::serialize(
      boost::json::object{{"sha", listing.commit}, {"siblings", std::move(siblings)}});
}

bool LooksLikeListing(std::string_view body) {
  const Result<boost::json::value> parsed = ParseJson(body, "the listing");
  const auto* object = parsed.ok() ? parsed->if_object() : nullptr;
  const auto* sha = object != nullptr ? object->if_contains("sha") : nullptr;
  return sha != nullptr && sha->is_string() && IsCommit(std::string_view(sha->get_string())) &&
         object->contains("siblings");
}

bool IsPlainRelativePath(std::string_view name) {
  if (name.empty() || name.size() > 1024 || FindInvalidUtf8(name) != kValidUtf8) return false;
  for (const char c : name) {
    if (c == '\\' || (c >= 0 && c < 32) || c == 127) return false;
  }
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace vetor
