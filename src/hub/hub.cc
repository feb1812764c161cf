#include "hub/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "hub/blob_download.h"
#include "hub/file_selection.h"
#include "hub/hub_cache.h"
#include "hub/protocol.h"

namespace vetor {
namespace {

Status CheckOptions(const PullOptions& options) {
  if (!IsHubId(options.id)) {
    return InvalidArgumentError(fmt::format(
        "\"{}\" is not the id of a model; expected org/name, of letters, digits, '-', '_' and '.'",
        ReplaceInvalidUtf8(options.id)));
  }
  if (!IsPlainRelativePath(options.revision)) {
    return InvalidArgumentError(
        fmt::format("\"{}\" is not a revision; name a branch, tag or commit",
                    ReplaceInvalidUtf8(options.revision)));
  }
  if (options.settings.cache.empty()) {
    return InvalidArgumentError("there is no home folder for the hub cache; set HF_HOME");
  }
  return Status();
}

class Pull {
 public:
  explicit Pull(const PullOptions& options)
      : options_(options),
        cache_(options.settings.cache, options.id),
        session_(options.settings, options.stop, options.wait) {}

  Result<PulledModel> Run() {
    VETOR_RETURN_IF_ERROR(session_.CheckEndpoint());
    const Result<HttpResponse> answer = session_.GetListing(Target(options_.revision, ""));
    if (!answer.ok()) return FromCache(answer.status());
    VETOR_ASSIGN_OR_RETURN(const RepositoryListing listing,
                           ParseListing(answer->body, Target(options_.revision, "")));
    Result<FileSelection> selection =
        SelectFiles(listing.files, options_.weights, options_.include);
    if (!selection.ok()) return selection.status().WithContext(options_.id);
    model_.commit = listing.commit;
    model_.folder = cache_.Snapshot(listing.commit);
    model_.files = std::move(selection->files);
    model_.has_graph = selection->has_graph;
    VETOR_RETURN_IF_ERROR(AskForMissing());
    VETOR_RETURN_IF_ERROR(FetchMissing());
    // Last, so that an interrupted pull leaves the revision at the older, whole snapshot.
    VETOR_RETURN_IF_ERROR(cache_.WriteRef(options_.revision, listing.commit));
    return std::move(model_);
  }

  // Without the hub the cache has the last word.
  Result<PulledModel> FromCache(const Status& why) {
    const auto snapshot = cache_.FindSnapshot(options_.revision);
    if (why.code() != StatusCode::kUnavailable || !snapshot) return why;
    model_.folder = *snapshot;
    model_.commit = snapshot->filename().string();
    model_.unreached = why;
    return std::move(model_);
  }

 private:
  HubTarget Target(const std::string& revision, const std::string& file) const {
    return {options_.id, revision, file, !options_.settings.token.empty()};
  }

  // Sizes of all before the first byte of one: the progress knows its end.
  Status AskForMissing() {
    for (const std::string& file : model_.files) {
      if (cache_.HasFile(model_.commit, file)) continue;
      const HubTarget target = Target(model_.commit, file);
      const Result<HttpResponse> head = session_.HeadFile(target);
      if (!head.ok()) {
        // For programs that ask the cache: this commit's listing names it, yet it is not there.
        const bool absent = head.status().code() == StatusCode::kNotFound;
        if (absent) VETOR_RETURN_IF_ERROR(cache_.MarkAbsent(model_.commit, file));
        return head.status();
      }
      VETOR_ASSIGN_OR_RETURN(FileFacts facts, ReadFileFacts(*head, target, model_.commit));
      total_ += facts.size;
      missing_.push_back({.target = target, .facts = std::move(facts)});
    }
    return Status();
  }

  Status FetchMissing() {
    uint64_t before = 0;
    for (BlobRequest& request : missing_) {
      request.progress = [&](uint64_t bytes) { Report(before + bytes); };
      VETOR_ASSIGN_OR_RETURN(const uint64_t fetched, DownloadBlob(&session_, cache_, request));
      VETOR_RETURN_IF_ERROR(cache_.AddToSnapshot(model_.commit, request.target.file,
                                                 request.facts.etag, options_.settings.links));
      model_.fetched_bytes += fetched;
      before += request.facts.size;
      Report(before);
    }
    return Status();
  }

  void Report(uint64_t done) const {
    if (options_.progress) options_.progress(done, total_);
  }

  const PullOptions& options_;
  RepositoryCache cache_;
  HubSession session_;
  PulledModel model_;
  std::vector<BlobRequest> missing_;
  uint64_t total_ = 0;
};

}  // namespace

Result<PulledModel> PullModel(const PullOptions& options) {
  VETOR_RETURN_IF_ERROR(CheckOptions(options));
  Pull pull(options);
  if (!options.settings.offline) return pull.Run();
  Result<PulledModel> cached =
      pull.FromCache(UnavailableError("offline (HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE)"));
  if (cached.ok()) return cached;
  return NotFoundError(fmt::format(
      "{} at revision {} is not in the hub cache {}, and the hub is not asked: {}; pull "
      "it once without these variables",
      options.id, options.revision, options.settings.cache.string(), cached.status().message()));
}

std::optional<std::filesystem::path> FindCachedModel(std::string_view id, std::string_view revision,
                                                     const HubSettings& settings) {
  if (!IsHubId(id) || settings.cache.empty()) return std::nullopt;
  return RepositoryCache(settings.cache, id).FindSnapshot(revision);
}

}  // namespace vetor
