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

struct HubResponse {
  int status = 0;
  /// Names are in lower case. If a name comes twice, the last one counts.
  std::map<std::string, std::string> headers;
  std::string body;

  /// nullptr if the answer has no such header.
  const std::string* Header(std::string_view lower_case_name) const;
};

/// The repository or file that a request asks for, in the words of an error message.
struct HubTarget {
  std::string id;        ///< "org/name"
  std::string revision;  ///< "main", a tag, a commit
  std::string file;      ///< If it is empty, the repository itself is asked for.
  bool token_sent = false;
};

/// Whether `id` is "org/name" or a name alone, as the hub's own rule has it: letters, digits, '-',
/// '_' and '.'; at most 96 bytes; no "--" or ".."; no '-' or '.' at either end.
bool IsHubId(std::string_view id);
/// Whether it is forty hexadecimal digits.
bool IsCommit(std::string_view revision);

std::string RevisionUrl(std::string_view endpoint, const HubTarget& target);
std::string FileUrl(std::string_view endpoint, const HubTarget& target);

struct Origin {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< In lower case, with the port that the address names or implies.
  bool operator==(const Origin&) const = default;
};
/// INVALID_ARGUMENT for other schemes, a user before the host, spaces, control bytes, backslashes,
/// and a port that is not a number. The message shows only scheme and host, because the rest may be
/// a password or a signature.
Result<Origin> OriginOf(std::string_view url);

/// Cuts every address in `text` to scheme and host, for messages: users, passwords, paths and
/// signatures are secret. "https://a:b@h/x?sig=1 is gone" becomes "https://h is gone".
std::string WithoutSecrets(std::string_view text);

/// A word of a server, for example a header's value, quoted and without secrets.
std::string ShownWord(std::string_view word);

/// The address that a redirect from `url` leads to. DATA_LOSS if it has no usable Location, or
/// leads from https to http.
Result<std::string> RedirectTarget(std::string_view url, const HubResponse& response);
bool IsRedirect(int status);
/// True for a Location that names no host: the repository was renamed, and the hub itself still
/// answers.
bool IsRelativeRedirect(const HubResponse& response);

/// The ETag without W/ and quotes. nullopt if the rest cannot name a blob, or could be taken for
/// the name of an incomplete one.
std::optional<std::string> ParseETag(std::string_view header);
/// The number 100 of "bytes 100-199/200".
std::optional<uint64_t> ParseContentRangeStart(std::string_view header);

struct FileFacts {
  std::string etag;
  uint64_t size = 0;
};
/// No file of a model is larger than this; sums of such sizes do not overflow.
inline constexpr uint64_t kMaxFileBytes = 1ULL << 44;
/// OK unless the answer's body came compressed, which no request asks for: its bytes and its length
/// would not be those of the file or listing. DATA_LOSS names the encoding.
Status CheckIdentity(const HubResponse& response, const HubTarget& target);
/// Reads the answer to HEAD. DATA_LOSS if the server left out a header that the protocol promises,
/// names a size beyond kMaxFileBytes, or answers for another commit than `commit`.
Result<FileFacts> ReadFileFacts(const HubResponse& response, const HubTarget& target,
                                std::string_view commit);

/// True for 408, 425, 429 and 5xx.
bool IsRetryable(int status);
inline constexpr int kTriesWithoutProgress = 5;
/// The longest wait that a server may ask for, in all answers of one pull together. The hub's rate
/// windows are five minutes long.
inline constexpr std::chrono::seconds kLongestWait{600};
/// The wait before try number `tries` + 1. It is what Retry-After or RateLimit's t say, plus one
/// second; without them 1, 2, 4, 8 s. `response` is null if there was no answer.
std::chrono::seconds RetryDelay(const HubResponse* response, int tries);

/// Describes an answer of 400 or more: NOT_FOUND (410, too), PERMISSION_DENIED (451, too),
/// RESOURCE_EXHAUSTED (429), UNAVAILABLE (5xx, 408, 425), DATA_LOSS (407, which a proxy sends, and
/// 416), FAILED_PRECONDITION (other 4xx).
Status DescribeHttpError(const HubResponse& response, const HubTarget& target);

struct RepositoryListing {
  std::string commit;
  std::vector<std::string> files;
  /// Facts by file name. Our own records have them for files that were fetched; a hub's listing and
  /// records of versions up to November 2026 have none.
  std::map<std::string, FileFacts> facts = {};
};
/// Writes the listing as the hub would send it, with "size" and "etag" for the files in `facts`, so
/// that ParseListing can read it back.
std::string WriteListing(const RepositoryListing& listing);
/// True for an object that has files and the commit that they belong to. Then the hub has answered,
/// and not a login page or a proxy.
bool LooksLikeListing(std::string_view body);
inline constexpr size_t kMaxListedFiles = 100'000;
/// DATA_LOSS for JSON that is not such a listing, for more than kMaxListedFiles, and for a file
/// name that could leave its folder.
Result<RepositoryListing> ParseListing(std::string_view body, const HubTarget& target);
/// Whether it is a relative path of plain components: no "..", ".", empty ones, backslash or
/// control bytes.
bool IsPlainRelativePath(std::string_view name);

}  // namespace vetor
