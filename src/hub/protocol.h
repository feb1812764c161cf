// The hub's protocol without its transport: addresses, headers, redirects, the meaning of an
// answer, and whether to ask again. Pure functions over recorded answers; nothing here opens a
// socket or a file.
//
//   GET  ENDPOINT/api/models/ID/revision/REV    JSON: sha, siblings[].rfilename
//   HEAD ENDPOINT/ID/resolve/SHA/FILE           X-Repo-Commit, (X-Linked-)ETag, (X-Linked-)Size
//   GET  the same                               the bytes, mostly after a redirect to signed
//   storage
//
// X-Xet-* headers offer another way to the same bytes; plain HTTP serves them all, so they are
// ignored.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Names in lower case; the last of equal ones.
  std::string body;

  /// nullptr if absent.
  const std::string* Header(std::string_view lower_case_name) const;
};

/// The thing that is asked for, in the words of an error message.
struct HubTarget {
  std::string id;        ///< "org/name"
  std::string revision;  ///< "main", a tag, a commit
  std::string file;      ///< Empty: the repository itself.
  bool token_sent = false;
};

/// "org/name" or a name alone, of letters, digits, '-', '_' and '.', at most 96 bytes; no "--",
/// "..", and no '-' or '.' at either end: the hub's own rule.
bool IsHubId(std::string_view id);
/// Forty hexadecimal digits.
bool IsCommit(std::string_view revision);

std::string RevisionUrl(std::string_view endpoint, const HubTarget& target);
std::string FileUrl(std::string_view endpoint, const HubTarget& target);

struct Origin {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< In lower case, with the port that was named or implied.
  bool operator==(const Origin&) const = default;
};
/// INVALID_ARGUMENT for other schemes, a user before the host, spaces, control bytes, backslashes,
/// a port that is not a number. The message shows scheme and host alone: the rest may be a password
/// or a signature.
Result<Origin> OriginOf(std::string_view url);

/// `text` with every address in it cut to scheme and host, for messages: users, passwords, paths
/// and signatures are secret. "https://a:b@h/x?sig=1 is gone" -> "https://h is gone".
std::string WithoutSecrets(std::string_view text);

/// A word of a server, e.g. a header's value: as Quoted, and without secrets.
std::string ShownWord(std::string_view word);

/// Where a redirect from `url` leads. DATA_LOSS without a usable Location, or from https to http.
Result<std::string> RedirectTarget(std::string_view url, const HttpResponse& response);
bool IsRedirect(int status);
/// True for a Location that names no host: the repository was renamed, the hub still answers.
bool IsRelativeRedirect(const HttpResponse& response);

/// The ETag without W/ and quotes; nullopt unless the rest can name a blob and cannot be taken for
/// the name of an incomplete one.
std::optional<std::string> ParseETag(std::string_view header);
/// First byte of "bytes 100-199/200".
std::optional<uint64_t> ParseContentRangeStart(std::string_view header);

struct FileFacts {
  std::string etag;
  uint64_t size = 0;
};
/// No file of a model is larger than this; sums of such sizes do not overflow.
inline constexpr uint64_t kMaxFileBytes = 1ULL << 44;
/// OK unless the answer's body came compressed, which no request asks for: then its bytes and its
/// length are not those of the file or listing. DATA_LOSS names the encoding.
Status CheckIdentity(const HttpResponse& response, const HubTarget& target);
/// Reads the answer to HEAD. DATA_LOSS if the server left out a header that the protocol promises,
/// names a size beyond kMaxFileBytes, or answers for another commit than `commit`.
Result<FileFacts> ReadFileFacts(const HttpResponse& response, const HubTarget& target,
                                std::string_view commit);

/// 408, 425, 429 and 5xx.
bool IsRetryable(int status);
inline constexpr int kTriesWithoutProgress = 5;
/// Longest wait that a server may ask for, in all answers of one pull together; its rate windows
/// are five minutes.
inline constexpr std::chrono::seconds kLongestWait{600};
/// The wait before try number `tries` + 1: as Retry-After or RateLimit's t say, plus one second;
/// else 1, 2, 4, 8 s. `response` null: there was no answer.
std::chrono::seconds RetryDelay(const HttpResponse* response, int tries);

/// An answer of 400 or more in words: NOT_FOUND (410, too), PERMISSION_DENIED (451, too),
/// RESOURCE_EXHAUSTED (429), UNAVAILABLE (5xx, 408, 425), DATA_LOSS (407, which is a proxy's, and
/// 416), FAILED_PRECONDITION (other 4xx).
Status DescribeHttpError(const HttpResponse& response, const HubTarget& target);

struct RepositoryListing {
  std::string commit;
  std::vector<std::string> files;
  /// By file, in our own records, for files that were fetched. A hub's listing has none, and
  /// neither have records of versions up to November 2026.
  std::map<std::string, FileFacts> facts = {};
};
/// The listing as the hub would send it, with "size" and "etag" of files that `facts` has, for
/// ParseListing to read back.
std::string WriteListing(const RepositoryListing& listing);
/// True for an object with files and the commit that they are of: the hub has answered, and not a
/// login page or a proxy.
bool LooksLikeListing(std::string_view body);
inline constexpr size_t kMaxListedFiles = 100'000;
/// DATA_LOSS for JSON that is not such a listing, for more than kMaxListedFiles, and for a file
/// name that could leave its folder.
Result<RepositoryListing> ParseListing(std::string_view body, const HubTarget& target);
/// A relative path of plain components: no "..", ".", empty ones, backslash or control bytes.
bool IsPlainRelativePath(std::string_view name);

}  // namespace vetor
