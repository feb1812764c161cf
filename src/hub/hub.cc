#include "hub/hub.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "hub/blob_download.h"
#include "hub/file_selection.h"
#include "hub/hub_cache.h"
#include "hub/protocol.h"
#include "os/log.h"

namespace vetor {
namespace {

Status CheckOptions(const HubPullOptions& options) {
  if (!IsHubId(options.id)) {
    return InvalidArgumentError(fmt::format(
        "\"{}\" is not the id of a model; expected org/name or a name alone, of letters, "
        "digits, '-', '_' and '.'",
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
  explicit Pull(const HubPullOptions& options)
      : options_(options),
        cache_(options.settings.cache, options.id),
        session_(options.settings, options.stop, options.wait) {}

  Result<PulledModel> Run() {
    VETOR_RETURN_IF_ERROR(session_.CheckEndpoint());
    if (Cached().ok()) session_.set_has_copy();
    const Status status = PullFromHub();
    if (status.ok()) return std::move(model_);
    if (!unanswered_) return status;
    Result<PulledModel> model = FromCache(status);
    const bool silent = status.code() == StatusCode::kUnavailable && session_.last_status() == 0;
    if (model.ok() || !silent) return model;
    return Status(status.code(), model.status().message() +
                                     "; check the network and the proxy (https_proxy), or name "
                                     "another hub in HF_ENDPOINT");
  }

  // The revision as the last pull left it, if all of its files exist. `why` says why the hub gave
  // no answer.
  Result<PulledModel> FromCache(const Status& why) const {
    Result<PulledModel> model = Cached();
    if (!model.ok()) {
      const std::string& lack = model.status().message();
      return Status(why.code(), why.message() + (lack.empty() ? "" : "; ") + lack);
    }
    model->unreached = why;
    return model;
  }

 private:
  HubTarget Target(const std::string& revision, const std::string& file) const {
    return {options_.id, revision, file, !options_.settings.token.empty()};
  }

  Status PullFromHub() {
    VETOR_ASSIGN_OR_RETURN(RepositoryListing listing, AskForListing());
    // An earlier pull of this commit may have kept facts of its files; the hub's listing has only
    // names.
    const std::optional<RepositoryListing> kept = KeptListing(listing.commit);
    facts_ = kept ? kept->facts : std::map<std::string, FileFacts>();
    Result<FileSelection> selection =
        SelectFiles(listing.files, options_.weights, options_.include);
    if (!selection.ok()) return selection.status().WithContext(options_.id);
    model_.commit = listing.commit;
    model_.folder = cache_.Snapshot(listing.commit);
    model_.files = std::move(selection->files);
    model_.has_graph = selection->has_graph;
    VETOR_RETURN_IF_ERROR(AskForMissing());
    VETOR_RETURN_IF_ERROR(FetchMissing());
    listing.facts = facts_;
    VETOR_RETURN_IF_ERROR(cache_.KeepListing(listing.commit, WriteListing(listing)));
    // This comes last, so that after an interrupted pull the revision still means the older, whole
    // snapshot.
    return cache_.WriteRef(options_.revision, listing.commit);
  }

  Result<RepositoryListing> AskForListing() {
    const HubTarget target = Target(options_.revision, "");
    const Result<HubResponse> answer = session_.GetListing(target);
    if (!answer.ok()) return Unanswered(answer.status());
    VETOR_RETURN_IF_ERROR(Unanswered(CheckIdentity(*answer, target)));
    Result<RepositoryListing> listing = ParseListing(answer->body, target);
    // If an answer has a listing's form but is wrong, the fault is the hub's own and will not pass.
    if (!listing.ok() && !LooksLikeListing(answer->body)) return Unanswered(listing.status());
    return listing;
  }

  // Before a file is fetched, these codes mean that the hub gave no answer: it is out of reach or
  // in trouble (UNAVAILABLE), it asks to wait (RESOURCE_EXHAUSTED), or another server answered
  // (DATA_LOSS). Other errors are answers of the hub.
  Status Unanswered(Status status) {
    unanswered_ = status.code() == StatusCode::kUnavailable ||
                  status.code() == StatusCode::kResourceExhausted ||
                  status.code() == StatusCode::kDataLoss;
    return status;
  }

  // The snapshot of this revision, if it has all files that a pull would fetch. An error's message
  // says what is missing; it is empty if the cache has nothing.
  Result<PulledModel> Cached() const {
    const auto snapshot = cache_.FindSnapshot(options_.revision);
    if (!snapshot) return NotFoundError("");
    const std::string commit = snapshot->filename().string();
    const std::optional<RepositoryListing> kept = KeptListing(commit);
    if (!kept && !options_.settings.offline) {
      return NotFoundError(fmt::format(
          "the cache has files of commit {} that another program fetched, and whether they are all "
          "is not known; set HF_HUB_OFFLINE=1 to take them as they are",
          commit));
    }
    const std::vector<std::string> listed = kept ? kept->files : cache_.FilesOf(commit);
    VETOR_ASSIGN_OR_RETURN(FileSelection selection,
                           SelectFiles(listed, options_.weights, options_.include));
    VETOR_RETURN_IF_ERROR(CheckWhole(commit, selection, kept));
    PulledModel model{.folder = *snapshot, .commit = commit};
    model.files = std::move(selection.files);
    model.has_graph = selection.has_graph;
    return model;
  }

  // A damaged record counts as no record.
  std::optional<RepositoryListing> KeptListing(const std::string& commit) const {
    const std::optional<std::string> text = cache_.FindListing(commit);
    if (!text) return std::nullopt;
    Result<RepositoryListing> listing = ParseListing(*text, Target(commit, ""));
    if (!listing.ok() || listing->commit != commit) return std::nullopt;
    return *std::move(listing);
  }

  Status CheckWhole(const std::string& commit, const FileSelection& selection,
                    const std::optional<RepositoryListing>& kept) const {
    if (!kept && options_.weights && !selection.has_weights) {
      return NotFoundError(fmt::format("the cache has no weights of commit {}", commit));
    }
    for (const std::string& file : selection.files) {
      if (!cache_.HasFile(commit, file)) {
        return NotFoundError(fmt::format("the cache lacks {} of commit {}", file, commit));
      }
      const FileFacts* facts = kept ? Find(kept->facts, file) : nullptr;
      if (facts == nullptr || cache_.HasFile(commit, file, *facts)) continue;
      return NotFoundError(fmt::format(
          "{} of commit {} in the cache is damaged: it is not the file of {} bytes that "
          "was fetched",
          file, commit, facts->size));
    }
    return Status();
  }

  static const FileFacts* Find(const std::map<std::string, FileFacts>& facts,
                               const std::string& file) {
    const auto found = facts.find(file);
    return found == facts.end() ? nullptr : &found->second;
  }

  // Asks for all sizes before the first file is fetched, so that the progress knows its end. An
  // existing file is asked for too, unless its facts are known, because it may have been cut.
  Status AskForMissing() {
    for (const std::string& file : model_.files) {
      const FileFacts* known = Find(facts_, file);
      if (known != nullptr && cache_.HasFile(model_.commit, file, *known)) continue;
      const HubTarget target = Target(model_.commit, file);
      const Result<HubResponse> head = session_.HeadFile(target);
      if (!head.ok()) {
        // Other programs ask the cache about this file: the commit's listing names it, yet the hub
        // does not have it.
        const bool absent = head.status().code() == StatusCode::kNotFound;
        if (absent) VETOR_RETURN_IF_ERROR(cache_.MarkAbsent(model_.commit, file));
        return Unanswered(head.status());
      }
      Result<FileFacts> facts = ReadFileFacts(*head, target, model_.commit);
      if (!facts.ok()) return Unanswered(facts.status());
      facts_[file] = *facts;
      if (cache_.HasFile(model_.commit, file, *facts)) continue;
      total_ += facts->size;
      missing_.push_back({.target = target, .facts = *std::move(facts)});
    }
    return Status();
  }

  Status FetchMissing() {
    uint64_t before = 0;
    for (BlobRequest& request : missing_) {
      request.progress = [&](uint64_t bytes) { Report(before + bytes); };
      const Result<uint64_t> fetched = DownloadBlob(&session_, cache_, request);
      if (!fetched.ok()) {
        // A full disk has the same code as an answer of 429.
        const StatusCode code = fetched.status().code();
        unanswered_ = code == StatusCode::kUnavailable ||
                      (code == StatusCode::kResourceExhausted && session_.last_status() == 429);
        return fetched.status();
      }
      VETOR_RETURN_IF_ERROR(cache_.AddToSnapshot(model_.commit, request.target.file,
                                                 request.facts.etag, options_.settings.links));
      model_.fetched_bytes += *fetched;
      before += request.facts.size;
      Report(before);
    }
    return Status();
  }

  void Report(uint64_t done) const {
    if (options_.progress) options_.progress(done, total_);
  }

  const HubPullOptions& options_;
  RepositoryCache cache_;
  HubSession session_;
  PulledModel model_;
  std::vector<BlobRequest> missing_;
  std::map<std::string, FileFacts> facts_;  ///< The known facts of the commit's files.
  uint64_t total_ = 0;
  bool unanswered_ = false;  ///< The hub gave no answer.
};

}  // namespace

Result<PulledModel> PullModel(const PullOptions& options) {
  HubPullOptions here;
  static_cast<PullOptions&>(here) = options;
  here.settings = ReadHubSettings();
  return PullModel(here);
}

Result<PulledModel> PullModel(const HubPullOptions& options) {
  VETOR_RETURN_IF_ERROR(CheckOptions(options));
  Pull pull(options);
  if (!options.settings.offline) return pull.Run();
  Result<PulledModel> cached =
      pull.FromCache(UnavailableError("offline (HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE)"));
  if (cached.ok()) return cached;
  return NotFoundError(fmt::format(
      "{} at revision {} is not in the hub cache {}, or not complete there, and the hub is not "
      "asked: {}; pull it once without these variables",
      options.id, options.revision, options.settings.cache.string(), cached.status().message()));
}

std::optional<std::filesystem::path> FindCachedModel(std::string_view id, std::string_view revision,
                                                     const HubSettings& settings) {
  if (!IsHubId(id) || settings.cache.empty()) return std::nullopt;
  return RepositoryCache(settings.cache, id).FindSnapshot(revision);
}

}  // namespace vetor
